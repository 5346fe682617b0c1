"""Criteria for events, companies and what these did, besides keywords, places and dates."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema, field_validator, model_validator

from prospecting.parsing.amounts import MAX_AMOUNT, parse_currency
from prospecting.parsing.company_signals import stage_of
from prospecting.parsing.locations import is_known_place
from prospecting.parsing.prospect_research import EmployeeRange, parse_employee_range
from prospecting.services.params import OptionalText, Words

SENIORITIES = ("C-Suite", "VP", "Director", "Manager", "Individual Contributor")
_SIZES = {
    "small": EmployeeRange(1, 50),
    "medium": EmployeeRange(51, 500),
    "large": EmployeeRange(501, 5_000),
    "enterprise": EmployeeRange(5_001, None),
}
_Days = Annotated[int, Field(ge=0, le=3_650)]
_Amount = Annotated[
    Decimal,
    Field(ge=0, le=MAX_AMOUNT, max_digits=20),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": int(MAX_AMOUNT)}),
]


class Criteria(BaseModel):
    """Criteria of a signal. What is not known of something that was found is not held against it."""

    model_config = ConfigDict(extra="forbid")

    company_size: Words = Field(
        default_factory=list,
        max_length=10,
        title="Company sizes",
        description="Any of them will do: small (up to 50 employees), medium (up to 500), large (up to 5,000), "
        "enterprise, or a range such as 51-200.",
    )
    geographies: Words = Field(
        default_factory=list,
        max_length=20,
        title="Seats of companies",
        description="Where companies have their seat: cities, regions, countries or continents.",
    )
    technologies: Words = Field(
        default_factory=list,
        max_length=20,
        title="Technologies",
        description="Any of them has to be used or named.",
    )
    event_type: OptionalText = Field(
        default=None,
        max_length=100,
        title="Kind of event",
        description="For conferences: conference, trade show, meetup, webinar, workshop, hackathon or another kind.",
    )
    max_attendees: int | None = Field(
        default=None,
        ge=0,
        le=1_000_000_000,
        title="Attendees, at most",
        description="Events known to be larger are left out; events of unknown size are kept.",
    )
    funding_stage: Words = Field(
        default_factory=list,
        max_length=20,
        title="Funding stages",
        description="For funding, any of them: pre-seed, seed, series A, series B, growth, debt, grant, IPO.",
    )
    min_amount: _Amount | None = Field(
        default=None,
        title="Amount, at least",
        description="Of a round or an acquisition. Amounts in another currency, and undisclosed ones, are kept.",
    )
    max_amount: _Amount | None = Field(default=None, title="Amount, at most", description="The same, at most.")
    amount_currency: str = Field(
        default="USD",
        max_length=20,
        title="Currency of the amounts",
        description="A code such as USD or EUR. Amounts are not converted.",
    )
    days_since_funding: _Days | None = Field(
        default=None,
        title="Days since the round",
        description="For funding: announced at most so many days before the run. Together with From and Until both "
        "hold.",
    )
    positions: Words = Field(
        default_factory=list,
        max_length=20,
        title="Open positions",
        description="For hiring, any of them: job titles or functions, for example Head of Security, Data Engineer.",
    )
    seniority: Words = Field(
        default_factory=list,
        max_length=5,
        title="Seniority of positions",
        description=f"For hiring, any of them: {', '.join(SENIORITIES)}.",
    )
    departments: Words = Field(
        default_factory=list,
        max_length=20,
        title="Departments",
        description="For hiring, any of them: departments as job advertisements name them, for example Engineering.",
    )
    days_since_posted: _Days | None = Field(
        default=None,
        title="Days since posted",
        description="For hiring: posted at most so many days before the run. Together with From and Until both hold.",
    )

    @field_validator("company_size")
    @classmethod
    def _are_sizes(cls, values: list[str]) -> list[str]:
        if unknown := [value for value in values if not size_named(value)]:
            raise ValueError(
                f"{', '.join(map(repr, unknown))}: write small, medium, large, enterprise, or a range such as 51-200"
            )
        return values

    @field_validator("geographies")
    @classmethod
    def _are_places(cls, values: list[str]) -> list[str]:
        if unknown := [value for value in values if not is_known_place(value)]:
            raise ValueError(
                f"{', '.join(map(repr, unknown))}: not a place we know; write a city, a region, a country or a "
                "continent"
            )
        return values

    @field_validator("funding_stage")
    @classmethod
    def _are_stages(cls, values: list[str]) -> list[str]:
        if unknown := [value for value in values if stage_of(value) is None]:
            raise ValueError(
                f"{', '.join(map(repr, unknown))}: not a stage we know; write for example seed, series A, growth, debt"
            )
        return values

    @field_validator("seniority")
    @classmethod
    def _are_seniorities(cls, values: list[str]) -> list[str]:
        known = {name.casefold(): name for name in SENIORITIES}
        if unknown := [value for value in values if value.casefold() not in known]:
            raise ValueError(f"{', '.join(map(repr, unknown))}: write any of {', '.join(SENIORITIES)}")
        return [known[value.casefold()] for value in values]

    @field_validator("amount_currency")
    @classmethod
    def _is_currency(cls, value: str) -> str:
        found = parse_currency(value)
        if found is None:
            raise ValueError(f"{value!r} is not a currency we know; write its code, for example USD or EUR")
        return found

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.min_amount is not None and self.max_amount is not None and self.min_amount > self.max_amount:
            raise ValueError("min_amount is more than max_amount")
        return self

    def sizes(self) -> list[EmployeeRange]:
        """The sizes of ``company_size`` as numbers of employees."""
        return [size for value in self.company_size if (size := size_named(value))]

    def stages(self) -> set[str]:
        """The stages of ``funding_stage``, in one spelling each."""
        return {stage for value in self.funding_stage if (stage := stage_of(value))}


def size_named(value: str) -> EmployeeRange | None:
    """The numbers of employees that a size or a range means: ``small``, ``51-200``; ``None`` for other words."""
    return _SIZES.get(value.casefold()) or parse_employee_range(value)


def as_number(value: Decimal | None) -> float | None:
    """An amount as JSON has it."""
    return None if value is None else float(value)
