"""Shared by the models of params and arguments: kinds of fields, and explaining what is wrong.

Each DAG has one Pydantic model: it makes the ``Param``s (and so the trigger form), and validates what was triggered.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WithJsonSchema

from prospecting.services.grouped_params import groups_of


def _words(value: Any) -> Any:
    """Accept "a, b" for a list, drop empty entries and repetitions (without case), keep the order."""
    if value is None:  # an emptied field of the form
        return []
    if isinstance(value, str):
        value = value.split(",")
    if not isinstance(value, (list, tuple)):
        return value
    kept: dict[str, str] = {}
    for word in value:
        if not isinstance(word, str):
            return value
        if cleaned := " ".join(word.split()):
            kept.setdefault(cleaned.casefold(), cleaned)
    return list(kept.values())


def _blank_is_none(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


LARGEST_ID = 2**63 - 1
MAX_NAME = 500
_MAX_FINDINGS = 20

Words = Annotated[list[Annotated[str, Field(max_length=200)]], BeforeValidator(_words)]
OptionalText = Annotated[str | None, BeforeValidator(_blank_is_none)]
"""Fields of this type say how long the text may be."""
OptionalName = Annotated[str | None, Field(max_length=MAX_NAME), BeforeValidator(_blank_is_none)]
"""A name, an address, an id."""
OptionalProse = Annotated[str | None, Field(max_length=4_000), BeforeValidator(_blank_is_none)]
ConnectionId = Annotated[str, Field(max_length=250)]
RowId = Annotated[int, Field(ge=1, le=LARGEST_ID)]
Usd = Annotated[
    Decimal,
    Field(ge=0, le=10_000_000, max_digits=40),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": 10_000_000}),
]
Calls = Annotated[int, Field(ge=0, le=1_000_000_000)]
OptionalDate = Annotated[date | None, BeforeValidator(_blank_is_none)]


class BudgetLimits(BaseModel):
    """The most a run may spend and ask."""

    model_config = ConfigDict(extra="forbid")

    max_usd: Usd | None = Field(
        default=Decimal("5"), title="US dollars, at most", description="Checked before every call. Empty: no limit."
    )
    max_calls: Calls | None = Field(
        default=1000,
        title="Calls, at most",
        description="Questions to agents, also free ones to the catalog. Empty: no limit.",
    )


def completed_budget(given: Any, default: BudgetLimits) -> Any:
    """A budget as it may be given, for its validator: a number means dollars; what is left out is the default's."""
    if isinstance(given, (int, float)) and not isinstance(given, bool):
        given = {"max_usd": given}
    if given is None:
        given = {}
    return {**default.model_dump(), **given} if isinstance(given, dict) else given


def _names_at(location: Sequence[int | str], model: type[BaseModel]) -> Iterable[str]:
    """The names that are allowed where an unknown one was found."""
    groups = groups_of(model)
    if len(location) > 1 and location[0] in groups:
        return [member.name for member in groups[str(location[0])]]
    return [*model.model_fields, *(member.param for members in groups.values() for member in members)]


def explain(error: ValidationError, model: type[BaseModel]) -> str:
    """Pydantic's findings on one line, without the offending values."""
    findings = []
    found = error.errors(include_input=False, include_url=False)
    for item in found[:_MAX_FINDINGS]:
        where = ".".join(str(part)[:MAX_NAME] for part in item["loc"])
        message = item["msg"].removeprefix("Value error, ")
        if item["type"] == "extra_forbidden":
            message = f"unknown parameter; allowed: {', '.join(_names_at(item['loc'], model))}"
        findings.append(f"{where}: {message}" if where else message)
    if len(found) > _MAX_FINDINGS:
        findings.append(f"and {len(found) - _MAX_FINDINGS} more")
    return "; ".join(findings)
