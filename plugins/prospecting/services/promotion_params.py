"""The params of ``account_promotion``, and the arguments of the operators of promotions: Pydantic models."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, field_validator, model_validator

from prospecting.parsing.tiers import MAX_TIER, canonical_tier, tier_rank
from prospecting.parsing.titles import matches_target
from prospecting.persistence.promotion_candidates import PromotionScope
from prospecting.services.params import OptionalName, OptionalText, RowId, Words
from prospecting.services.slot_params import CompanyIds

_MAX_ID = 100
_UNKNOWN_TIER = tier_rank("a tier that nobody knows")


class Level(StrEnum):
    """The seniorities of contacts, highest first."""

    c_level = "c-level"
    vp = "vp"
    director = "director"
    manager = "manager"
    individual_contributor = "individual_contributor"


def _listed(value: Any) -> Any:
    """Accept "a, b" and a single value for a list, nothing for an empty one; each value once, in order."""
    if value is None:
        return []
    if isinstance(value, (str, UUID)):
        value = [value]
    if not isinstance(value, (list, tuple)):
        return value
    parts: list[Any] = []
    for item in value:
        parts += item.replace(",", " ").split() if isinstance(item, str) else [item]
    return list(dict.fromkeys(parts)) if all(isinstance(part, (str, UUID)) for part in parts) else parts


def _uuid(what: str, table: str) -> BeforeValidator:
    def read(value: Any) -> UUID:
        if isinstance(value, UUID):
            return value
        if isinstance(value, str):
            try:
                return UUID(value.strip())
            except ValueError:
                pass
        raise ValueError(f"the id of {what} is a UUID; see the table {table}")

    return BeforeValidator(read)


# Plain texts in the trigger form; the validators say better than a schema what an id is.
_TEXT = WithJsonSchema({"type": "string", "maxLength": _MAX_ID})
_SignalId = Annotated[UUID, _uuid("a signal", "signals"), _TEXT]
_ExecutionId = Annotated[UUID, _uuid("an execution", "signal_executions"), _TEXT]
SignalIds = Annotated[list[_SignalId], BeforeValidator(_listed), Field(max_length=1_000)]
ExecutionIds = Annotated[list[_ExecutionId], BeforeValidator(_listed), Field(max_length=1_000)]
Levels = Annotated[list[Level], BeforeValidator(_listed), Field(max_length=20)]
PromotionId = Annotated[UUID, _uuid("a promotion", "contact_promotions")]
OptionalPromotionId = Annotated[
    PromotionId | None,
    BeforeValidator(lambda value: None if isinstance(value, str) and not value.strip() else value),
    WithJsonSchema({"type": ["string", "null"], "maxLength": _MAX_ID}),
]
ChunkSize = Annotated[int, Field(ge=1, le=10_000)]
MaxPerCompany = Annotated[int, Field(ge=1, le=1_000)]


class ScopeFields(BaseModel):
    """Whom a promotion looks at: part of the params, and the arguments of ``PlanPromotionOperator``."""

    model_config = ConfigDict(extra="forbid")

    signal_ids: SignalIds = Field(
        default_factory=list,
        title="Signals",
        description="Companies that executions of these signals found, one id per line; see the table signals. "
        "Empty, like the executions: of all executions.",
        json_schema_extra={"section": "Companies"},
    )
    execution_ids: ExecutionIds = Field(
        default_factory=list,
        title="Executions",
        description="Companies that these executions found, one id per line; see the table signal_executions.",
        json_schema_extra={"section": "Companies"},
    )
    best_tier: OptionalText = Field(
        default=None,
        max_length=MAX_TIER,
        title="Best tier, at least",
        description="Only companies whose best tier at the events of these executions is this one or a better one, "
        "for instance gold. Empty: all, sponsors or not.",
        json_schema_extra={"section": "Companies"},
    )
    company_ids: CompanyIds = Field(
        default_factory=list,
        title="Companies",
        description="Only these companies, one per line: 04.04.01.NN.NNNNN.NNN or the plain number. Empty: all.",
        json_schema_extra={"section": "Companies"},
    )
    seniorities: Levels = Field(
        default_factory=list,
        title="Seniorities",
        description="Only people of these seniorities. Empty: all.",
        json_schema_extra={"section": "People", "examples": [level.value for level in Level]},
    )
    functions: Words = Field(
        default_factory=list,
        title="Functions",
        description="Only people whose title fits one of these target functions, for instance VP Sales; as in signals. "
        "One per line. Empty: all.",
        max_length=50,
        json_schema_extra={"section": "People"},
    )
    include_seats: bool = Field(
        default=True,
        title="Seat holders",
        description="Also the holders of CEO, CFO and HR seats at these companies, whatever seniorities and functions "
        "say. When neither signals, executions nor a tier are chosen: at all companies.",
        json_schema_extra={"section": "People"},
    )
    max_per_company: MaxPerCompany = Field(
        default=5,
        title="People per company, at most",
        description="The highest first, then the most recently seen. Those who are contacts already count.",
        json_schema_extra={"section": "People"},
    )

    require_channel: bool = Field(
        default=True,
        title="Can be reached",
        description="Only people with an e-mail address or a LinkedIn profile of their own.",
        json_schema_extra={"section": "People"},
    )
    confirmed_only: bool = Field(
        default=False,
        title="Confirmed roles",
        description="Only people who were seen in their role within 18 months; see the function role_standing. "
        "Otherwise the list says how many were not.",
        json_schema_extra={"section": "People"},
    )

    @field_validator("best_tier")
    @classmethod
    def _known_tier(cls, value: str | None) -> str | None:
        if value is not None and tier_rank(canonical_tier(value)) == _UNKNOWN_TIER:
            raise ValueError("no tier we know a rank of; write for example platinum, gold, silver, partner or level 2")
        return value

    @field_validator("functions")
    @classmethod
    def _can_be_met(cls, values: list[str]) -> list[str]:
        """A function that no title fits, not even the function's own, would leave out everybody without a word."""
        for value in values:
            if not matches_target(value, value):
                raise ValueError("a function that no title fits; write it like a title, for example VP Sales or CTO")
        return values

    def scope(self) -> PromotionScope:
        """Whom the promotion looks at."""
        return PromotionScope(
            signal_ids=tuple(self.signal_ids),
            execution_ids=tuple(self.execution_ids),
            worst_rank=None if self.best_tier is None else tier_rank(canonical_tier(self.best_tier)),
            company_ids=tuple(self.company_ids),
            seniorities=tuple(level.value for level in self.seniorities),
            functions=tuple(self.functions),
            max_per_company=self.max_per_company,
            include_seats=self.include_seats,
            require_channel=self.require_channel,
            confirmed_only=self.confirmed_only,
        )


_CARRYING_OUT = "A list that is planned"


class StoredScope(ScopeFields):
    """Whom a promotion looks at, as its row has it beside other params."""

    model_config = ConfigDict(extra="ignore")


class AccountPromotionParams(ScopeFields):
    """Params of ``account_promotion``: whom to look at; or a promotion that is planned, and what to do with it."""

    dry_run: bool = Field(
        False,
        title="Dry run",
        description="Make the list and stop. Nobody is asked, and nobody becomes a contact; the list can be approved "
        "later by its promotion_id.",
    )
    promotion_id: OptionalPromotionId = Field(
        None,
        title="Promotion",
        description="A promotion that was planned before, to go on with; see the table contact_promotions. Leave whom "
        "to look at as it is then.",
        json_schema_extra={"section": _CARRYING_OUT},
    )
    approved_by: OptionalName = Field(
        None,
        title="Approved by",
        description="Who has seen that list and approves of it: nobody is asked then. In Airflow the name of the user "
        "who triggers the run.",
        json_schema_extra={"section": _CARRYING_OUT},
    )
    withdraw: bool = Field(
        False,
        title="Withdraw",
        description="Delete the contacts that this promotion made, except those that somebody has worked with since.",
        json_schema_extra={"section": _CARRYING_OUT},
    )
    chunk_size: ChunkSize = Field(
        500,
        title="People per chunk",
        description="Each chunk is one transaction of one mapped task.",
        json_schema_extra={"section": "Limits"},
    )

    @model_validator(mode="after")
    def _fit_together(self) -> AccountPromotionParams:
        if self.promotion_id is None:
            if self.approved_by is not None:
                raise ValueError(
                    "approved_by needs promotion_id: what is approved has been planned and looked at before"
                )
            if self.withdraw:
                raise ValueError("withdraw needs promotion_id: whose contacts?")
            return self
        if self.scope() != ScopeFields().scope():
            raise ValueError(
                "promotion_id: its list is made already; leave out what would choose people, or plan a new promotion"
            )
        if self.approved_by is not None and self.dry_run:
            raise ValueError("dry_run stops before anybody becomes a contact, approved_by carries the list out: choose")
        if self.withdraw and (self.approved_by is not None or self.dry_run):
            raise ValueError("withdraw takes nothing but promotion_id")
        return self

    def stored(self) -> dict[str, Any]:
        """The part that is stored with the promotion: how its list is made."""
        return self.model_dump(mode="json", exclude={"dry_run", "promotion_id", "approved_by", "withdraw"})


# ---------------------------------------------------------------------------------------------- arguments of operators
class PromoteArguments(BaseModel):
    """Arguments of ``PromoteContactsOperator``."""

    model_config = ConfigDict(extra="forbid")

    promotion_id: PromotionId
    approved_by: OptionalName = None
    first_position: RowId | None = None
    last_position: RowId | None = None
    chunk_size: ChunkSize = 500

    @model_validator(mode="after")
    def _fit_together(self) -> PromoteArguments:
        if (self.first_position is None) != (self.last_position is None):
            raise ValueError("first_position and last_position go together: give both or neither")
        return self
