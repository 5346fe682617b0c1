"""The params of the slot DAGs: one Pydantic model each for the trigger form and the tasks."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, field_validator

from prospecting.persistence.slot_requests import Queue
from prospecting.persistence.slots import Scope
from prospecting.services.params import BudgetLimits, OptionalText, Words

_COMPANY_UNIQUE_ID = re.compile(r"04\.04\.01\.\d\d\.(\d{5,18})\.\d{3}")


class Seat(StrEnum):
    CEO = "CEO"
    CFO = "CFO"
    HR = "HR"


def _company_unique_id(number: int) -> str:
    return f"04.04.01.{number % 100:02d}.{number:05d}.{number % 1000:03d}"


def _company_number(value: Any) -> Any:
    """``04.04.01.NN.NNNNN.NNN`` or the plain number of a company."""
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


# Without a type the trigger form takes one id per line, and REST both spellings; what an id is, the validator says.
_CompanyId = Annotated[int, BeforeValidator(_company_number), Field(ge=1), WithJsonSchema({})]
CompanyIds = Annotated[list[_CompanyId], BeforeValidator(_listed)]
Seats = Annotated[list[Seat], BeforeValidator(_listed)]


class SlotEvaluationParams(BaseModel):
    """Params of ``slot_evaluation``. Everything left empty means all companies and all seats."""

    model_config = ConfigDict(extra="forbid")

    dry_run: bool = Field(
        False, title="Dry run", description="Write nothing; print what an evaluation would do, and its summary."
    )
    company_ids: CompanyIds = Field(
        default_factory=list,
        title="Companies",
        description="Only these companies, one per line: 04.04.01.NN.NNNNN.NNN or the plain number. Empty: all.",
        max_length=10_000,
        json_schema_extra={"section": "Scope"},
    )
    name_contains: OptionalText = Field(
        None,
        title="Name contains",
        description="Only companies whose name contains this text, without regard to case.",
        max_length=200,
        json_schema_extra={"section": "Scope"},
    )
    industry: OptionalText = Field(
        None,
        title="Industry",
        description="Only companies of this industry, as it stands in companies.primary_industry.",
        max_length=200,
        json_schema_extra={"section": "Scope"},
    )
    source_system: OptionalText = Field(
        None,
        title="Source",
        description="Only companies first found by this system, e.g. signal_catalog.",
        max_length=200,
        json_schema_extra={"section": "Scope"},
    )
    slot_types: Seats = Field(
        default=list(Seat),
        title="Seats",
        description="Which seats to evaluate. Empty: all of CEO, CFO and HR.",
        json_schema_extra={"section": "Scope", "examples": [seat.value for seat in Seat]},
    )
    batch_size: int = Field(
        50_000,
        title="Companies per chunk",
        description="Each chunk is one transaction of one mapped task.",
        ge=1,
        le=1_000_000,
        json_schema_extra={"section": "Limits"},
    )
    max_fill_rate_drop: float = Field(
        0.25,
        title="Fill rate, lost at most",
        description="The quality gate fails when filled seats and fill rate both fell by more than this share since the "
        "last good evaluation of everything. 1 accepts any loss.",
        ge=0,
        le=1,
        json_schema_extra={"section": "Limits"},
    )

    def scope(self) -> Scope:
        """What is evaluated."""
        return Scope(
            slot_types=tuple(seat.value for seat in Seat if seat in self.slot_types or not self.slot_types),
            company_ids=tuple(self.company_ids) or None,
            name_contains=self.name_contains,
            industry=self.industry,
            source_system=self.source_system,
        )


def _default_budget() -> BudgetLimits:
    """Questions to the catalog count as calls, too: enough for ``max_requests`` companies and three providers."""
    return BudgetLimits(max_calls=9_000)


class SlotBackfillParams(BaseModel):
    """Params of ``slot_backfill``."""

    model_config = ConfigDict(extra="forbid")

    providers: Words = Field(
        default_factory=list,
        title="Providers",
        description="Who is asked, in this order, until somebody knows: catalog, live, or live:<suffix> for live agents "
        "with connections of their own. One per line. Empty: the Airflow variable slot_backfill_providers; without "
        "that, the catalog.",
        max_length=10,
        json_schema_extra={"section": "Agents"},
    )
    company_ids: CompanyIds = Field(
        default_factory=list,
        title="Companies",
        description="Only requests for these companies, one per line: 04.04.01.NN.NNNNN.NNN or the plain number. "
        "Empty: all.",
        max_length=10_000,
        json_schema_extra={"section": "Scope"},
    )
    slot_types: Seats = Field(
        default=list(Seat),
        title="Seats",
        description="Only requests for these seats. Empty: all.",
        json_schema_extra={"section": "Scope", "examples": [seat.value for seat in Seat]},
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
    lease_seconds: float = Field(
        120,
        title="Lease",
        description="A worker says this often at least that it is alive; when it does not for this many seconds, its "
        "requests can be claimed by others.",
        ge=1,
        le=3600,
        json_schema_extra={"section": "Limits"},
    )
    budget: BudgetLimits = Field(
        default_factory=_default_budget,
        title="Budget",
        description="US dollars and calls of this run; checked before every call. Requests beyond it stay queued.",
        json_schema_extra={"section": "Limits"},
    )

    @field_validator("budget", mode="before")
    @classmethod
    def _dollars(cls, value: Any) -> Any:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            value = {"max_usd": value}
        default = _default_budget().model_dump()
        return default if value is None else {**default, **value} if isinstance(value, dict) else value

    def queue(self) -> Queue:
        """Which requests are meant."""
        every_seat = not self.slot_types or set(self.slot_types) == set(Seat)
        return Queue(
            slot_types=None if every_seat else tuple(seat.value for seat in self.slot_types),
            company_unique_ids=tuple(map(_company_unique_id, self.company_ids)) or None,
        )
