"""The params of the slot DAGs and the arguments of their operators: one Pydantic model each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from prospecting.persistence.seats import Scope
from prospecting.persistence.slot_requests import Queue
from prospecting.scoring.seats import CATALOG, MINIMUM_CONFIDENCE, SEATS, Seat, SeatPolicy
from prospecting.services.asking import MAX_IN_FLIGHT, InFlight
from prospecting.services.bounded_json import NO_NAN
from prospecting.services.grouped_params import GroupedParams
from prospecting.services.params import (
    LARGEST_ID,
    BudgetLimits,
    Calls,
    OptionalName,
    OptionalText,
    RowId,
    Usd,
    Words,
    completed_budget,
)

_COMPANY_UNIQUE_ID = re.compile(r"04\.04\.01\.\d\d\.(\d{5,18})\.\d{3}")


def _company_unique_id(number: int) -> str:
    return f"04.04.01.{number % 100:02d}.{number:05d}.{number % 1000:03d}"


def _company_number(value: Any) -> Any:
    """Accept ``04.04.01.NN.NNNNN.NNN`` or the plain number of a company."""
    if isinstance(value, str):
        found = _COMPANY_UNIQUE_ID.fullmatch(value.strip())
        if found and _company_unique_id(int(found[1])) == value.strip():
            return int(found[1])
        if re.fullmatch(r"\d{1,18}", value.strip()):
            return int(value)
        raise ValueError("write a company's id as 04.04.01.NN.NNNNN.NNN, or its plain number")
    if isinstance(value, bool):
        raise ValueError("a company's id is a number")
    return value


def _listed(value: Any) -> Any:
    """Accept "a, b" and a single value for a list, nothing for an empty one; each value once, in order."""
    if value is None:
        return []
    if isinstance(value, str):
        value = [part.strip() for part in value.split(",") if part.strip()]
    if isinstance(value, int) and not isinstance(value, bool):
        value = [value]
    if isinstance(value, (list, tuple)) and all(isinstance(item, (str, int)) for item in value):
        return list(dict.fromkeys(value))
    return value


def _listed_if_given(value: Any) -> Any:
    """As ``_listed``, but nothing at all stays nothing."""
    return None if value is None else _listed(value)


# Without a type the trigger form takes one id per line, and REST both spellings; the validator knows what an id is.
_CompanyId = Annotated[
    int,
    BeforeValidator(_company_number),
    Field(ge=1, lt=10**18),
    WithJsonSchema({"minimum": 1, "maximum": 10**18 - 1, **NO_NAN, "maxLength": 40, "maxItems": 0, "maxProperties": 0}),
]
CompanyIds = Annotated[list[_CompanyId], BeforeValidator(_listed), Field(max_length=10_000)]
OptionalCompanyIds = Annotated[list[_CompanyId] | None, Field(max_length=10_000), BeforeValidator(_listed_if_given)]
Seats = Annotated[list[Seat], BeforeValidator(_listed), Field(max_length=20)]
BatchSize = Annotated[int, Field(ge=1, le=1_000_000)]
FillRateDrop = Annotated[float, Field(ge=0, le=1)]
LeaseSeconds = Annotated[float, Field(ge=1, le=3600)]


def _seat_types(seats: Sequence[Seat]) -> tuple[str, ...]:
    """The seats that are meant, in the order they always have; all of them when none is named."""
    return tuple(seat.value for seat in Seat if seat in seats or not seats)


def _queue(seats: Sequence[Seat], company_ids: Sequence[int] | None) -> Queue:
    """The requests for these seats and companies; ``None`` means all companies."""
    every_seat = not seats or set(seats) == set(Seat)
    return Queue(
        slot_types=None if every_seat else tuple(seat.value for seat in seats),
        company_unique_ids=None if company_ids is None else tuple(map(_company_unique_id, company_ids)),
    )


ProviderOrderKind = Literal["given", "learned"]
Observations = Annotated[int, Field(ge=1, le=100_000)]
Share = Annotated[float, Field(ge=0, le=1)]
Days = Annotated[int, Field(ge=0, le=36_500)]


_WEAKLY = "From 0 to 1. Whoever is less sure to be the holder has the seat weakly, and the search goes on."


class MinimumConfidence(BaseModel):
    """How sure the title of each seat's holder has to be, from 0 to 1."""

    model_config = ConfigDict(extra="forbid")

    CEO: Share = Field(default=float(MINIMUM_CONFIDENCE["CEO"]), title="Sure enough for CEO", description=_WEAKLY)
    CFO: Share = Field(default=float(MINIMUM_CONFIDENCE["CFO"]), title="Sure enough for CFO", description=_WEAKLY)
    HR: Share = Field(default=float(MINIMUM_CONFIDENCE["HR"]), title="Sure enough for HR", description=_WEAKLY)


def _one_for_all(given: Any) -> Any:
    """A number means all seats; nothing means the defaults."""
    if isinstance(given, (int, float)) and not isinstance(given, bool):
        return dict.fromkeys(SEATS, given)
    return {} if given is None else given


class SeatRules(BaseModel):
    """The rules of an evaluation, as params and as arguments."""

    model_config = ConfigDict(extra="forbid")

    full: bool = Field(
        False,
        title="Every company",
        description="Look at every company, not only at those that something happened to. Done by itself once a week, "
        "and whenever a rule has changed.",
        json_schema_extra={"section": "Rules"},
    )
    newer_by_days: Days = Field(
        365,
        title="Newer by days",
        description="Whoever was seen this many days later displaces an equal holder, or an acting one a plain holder.",
        json_schema_extra={"section": "Rules"},
    )
    reverify_after_days: Days = Field(
        365,
        title="Ask again after days",
        description="A filled seat is asked about again when its holder was last seen this many days ago; they keep it "
        "meanwhile. 0: never.",
        json_schema_extra={"section": "Rules"},
    )
    reopen_after_days: Days = Field(
        180,
        title="Reopen after days",
        description="A closed seat opens again this many days after it was last asked about. 0: never.",
        json_schema_extra={"section": "Rules"},
    )
    min_confidence: Annotated[MinimumConfidence, BeforeValidator(_one_for_all)] = Field(
        default_factory=MinimumConfidence,
        title="Minimum confidence",
        description="Whoever is less sure to be the holder has the seat weakly, and the search goes on. For each of "
        "CEO, CFO and HR, or one number for all, from 0 to 1.",
        json_schema_extra={"section": "Rules"},
    )
    also_ceo: bool = Field(
        False,
        title="Owners, presidents and managing directors as CEO",
        description="They hold the CEO seat where nobody fits better. Not by default: each may sit beside a CEO.",
        json_schema_extra={"section": "Rules"},
    )
    providers: Words = Field(
        default_factory=list,
        title="Providers",
        description="The providers that slot_backfill asks. A closed seat for which a live one of them has never "
        "answered opens again. Empty: the Airflow variable slot_backfill_providers; without that, the catalog.",
        max_length=10,
        json_schema_extra={"section": "Rules"},
    )

    def policy(self) -> SeatPolicy:
        """The rules as an evaluation takes them; the catalog always answers the same, so it is no reason to reopen."""
        return SeatPolicy(
            min_confidence=tuple(getattr(self.min_confidence, seat) for seat in SEATS),
            newer_by_days=self.newer_by_days,
            reverify_after_days=self.reverify_after_days,
            reopen_after_days=self.reopen_after_days,
            also_ceo=self.also_ceo,
            providers=tuple(sorted(set(self.providers) - {CATALOG})),
        )


class EvaluatedSeats(BaseModel):
    """The seats that a run of ``slot_evaluation`` is about. Everything left empty means all of all companies."""

    model_config = ConfigDict(extra="forbid")

    dry_run: bool = Field(
        False, title="Dry run", description="Write nothing; print what an evaluation would do, and its summary."
    )
    company_ids: CompanyIds = Field(
        default_factory=list,
        title="Companies",
        description="Only these companies, one per line: 04.04.01.NN.NNNNN.NNN or the plain number. Empty: all.",
        json_schema_extra={"section": "Which seats"},
    )
    name_contains: OptionalText = Field(
        None,
        title="Name contains",
        description="Only companies whose name contains this text, without regard to case.",
        max_length=200,
        json_schema_extra={"section": "Which seats"},
    )
    industry: OptionalText = Field(
        None,
        title="Industry",
        description="Only companies of this industry, as it is in companies.primary_industry.",
        max_length=200,
        json_schema_extra={"section": "Which seats"},
    )
    source_system: OptionalText = Field(
        None,
        title="Source",
        description="Only companies first found by this system, e.g. signal_catalog.",
        max_length=200,
        json_schema_extra={"section": "Which seats"},
    )
    slot_types: Seats = Field(
        default=list(Seat),
        title="Seats",
        description="The seats to evaluate. Empty: all of CEO, CFO and HR.",
        json_schema_extra={"section": "Which seats", "examples": [seat.value for seat in Seat]},
    )
    batch_size: BatchSize = Field(
        50_000,
        title="Companies per chunk",
        description="Each chunk is one transaction of one mapped task.",
        json_schema_extra={"section": "Limits"},
    )
    max_fill_rate_drop: FillRateDrop = Field(
        0.25,
        title="Fill rate, lost at most",
        description="The quality gate fails when filled seats and fill rate both fell by more than this share since "
        "the last good evaluation of everything. 1 accepts any loss.",
        json_schema_extra={"section": "Limits"},
    )


class SlotEvaluationParams(GroupedParams, SeatRules, EvaluatedSeats):
    """Params of ``slot_evaluation``: the seats that are meant, then the rules."""

    groups: ClassVar = {"min_confidence": "min_confidence_"}

    def scope(self) -> Scope:
        """The companies and seats to evaluate."""
        return Scope(
            slot_types=_seat_types(self.slot_types),
            company_ids=tuple(self.company_ids) or None,
            name_contains=self.name_contains,
            industry=self.industry,
            source_system=self.source_system,
            policy=self.policy(),
        )


def _default_budget() -> BudgetLimits:
    """Questions to the catalog count as calls, too: enough for ``max_requests`` companies and three providers."""
    return BudgetLimits(max_calls=9_000)


class SlotBackfillParams(GroupedParams):
    """Params of ``slot_backfill``."""

    model_config = ConfigDict(extra="forbid")
    groups: ClassVar = {"budget": ""}

    providers: Words = Field(
        default_factory=list,
        title="Providers",
        description="Who is asked, in this order, until somebody knows: catalog, live, or live:<suffix> for live "
        "agents with connections of their own. One per line. Empty: the Airflow variable slot_backfill_providers; "
        "without that, the catalog.",
        max_length=10,
        json_schema_extra={"section": "Agents"},
    )
    max_in_flight: InFlight = Field(
        MAX_IN_FLIGHT,
        title="Questions at once",
        description="About so many companies one task asks at the same time; what its provider takes in a minute still "
        "holds (calls_per_minute).",
        json_schema_extra={"section": "Agents"},
    )
    provider_order: ProviderOrderKind = Field(
        "given",
        title="Order of the providers",
        description="given: as they are listed. learned: for each size and country of companies the order that has "
        "cost least until somebody knew, as far as enough is known of all of them; nobody else is asked.",
        json_schema_extra={"section": "Agents"},
    )
    min_observations: Observations = Field(
        30,
        title="Answers to learn from, at least",
        description="An order is learned where each provider has answered that often in the last 180 days.",
        json_schema_extra={"section": "Agents"},
    )
    company_ids: CompanyIds = Field(
        default_factory=list,
        title="Companies",
        description="Only requests for these companies, one per line: 04.04.01.NN.NNNNN.NNN or the plain number. "
        "Empty: all.",
        json_schema_extra={"section": "Which seats"},
    )
    slot_types: Seats = Field(
        default=list(Seat),
        title="Seats",
        description="Only requests for these seats. Empty: all.",
        json_schema_extra={"section": "Which seats", "examples": [seat.value for seat in Seat]},
    )
    max_requests: int = Field(
        3_000,
        title="Requests, at most",
        description="The oldest first; the rest waits for the next run.",
        ge=1,
        le=100_000,
        json_schema_extra={"section": "Limits"},
    )
    chunk_size: int = Field(
        60,
        title="Requests per task",
        description="How many requests one mapped task claims. A company's requests stay together.",
        ge=1,
        le=1_000,
        json_schema_extra={"section": "Limits"},
    )
    lease_seconds: LeaseSeconds = Field(
        120,
        title="Lease",
        description="A worker keeps saying that it is alive; when it does not for this many seconds, its requests can "
        "be claimed by others.",
        json_schema_extra={"section": "Limits"},
    )
    budget: BudgetLimits = Field(
        default_factory=_default_budget,
        title="Budget",
        description="US dollars and calls of this run; checked before every call. Requests beyond it stay queued.",
        json_schema_extra={"section": "Budget"},
    )

    @field_validator("budget", mode="before")
    @classmethod
    def _complete_budget(cls, value: Any) -> Any:
        return completed_budget(value, _default_budget())

    def queue(self) -> Queue:
        """The requests that are meant."""
        return _queue(self.slot_types, self.company_ids or None)


# ---------------------------------------------------------------------------------------------- arguments of operators
class EvaluateSlotsArguments(SeatRules):
    """Arguments of ``EvaluateSlotsOperator``. Unlike in the form, an empty list of companies means none."""

    company_ids: OptionalCompanyIds = None
    first_id: RowId | None = None
    last_id: RowId | None = None
    slot_types: Seats = Field(default_factory=list)
    name_contains: OptionalText = Field(None, max_length=200)
    industry: OptionalText = Field(None, max_length=200)
    source_system: OptionalText = Field(None, max_length=200)
    dry_run: bool = False
    evaluation_id: RowId | None = None
    chunk: RowId | None = None
    first_number: RowId = 1
    total: int | None = Field(None, ge=0, le=LARGEST_ID)
    batch_size: BatchSize = 50_000
    max_fill_rate_drop: FillRateDrop = 0.25

    @model_validator(mode="after")
    def _fit_together(self) -> EvaluateSlotsArguments:
        if (self.first_id is None) != (self.last_id is None):
            raise ValueError("first_id and last_id go together")
        if self.evaluation_id is None:
            return self
        if self.first_id is None or self.chunk is None:
            raise ValueError("evaluation_id needs first_id, last_id and chunk, which say what part of it is meant")
        if self.dry_run:
            raise ValueError("dry_run opens no evaluation and takes no evaluation_id")
        if self.scope() != Scope(first_id=self.first_id, last_id=self.last_id):
            raise ValueError("evaluation_id: the evaluation knows its scope; leave out what would narrow it")
        return self

    def scope(self) -> Scope:
        """The companies and seats to evaluate."""
        return Scope(
            slot_types=_seat_types(self.slot_types),
            company_ids=None if self.company_ids is None else tuple(self.company_ids),
            name_contains=self.name_contains,
            industry=self.industry,
            source_system=self.source_system,
            first_id=self.first_id,
            last_id=self.last_id,
            policy=self.policy(),
        )


class FillSlotsArguments(BaseModel):
    """Arguments of ``FillSlotsOperator``. Unlike in the form, an empty list of companies means none."""

    model_config = ConfigDict(extra="forbid")

    providers: Words = Field(default_factory=list, max_length=10)
    provider_order: ProviderOrderKind = "given"
    min_observations: Observations = 30
    slot_types: Seats = Field(default_factory=list)
    company_ids: OptionalCompanyIds = None
    limit: int = Field(60, ge=1, le=100_000)
    lease_seconds: LeaseSeconds = 120
    max_usd: Usd | None = None
    max_calls: Calls | None = None
    batch: OptionalName = None
    number: int | None = Field(None, ge=0, le=LARGEST_ID)
    scope: OptionalName = None
    llm_conn_id: OptionalName = None
    search_conn_id: OptionalName = None
    max_in_flight: InFlight = MAX_IN_FLIGHT

    def queue(self) -> Queue:
        """The requests that are meant."""
        return _queue(self.slot_types, self.company_ids)
