"""Shared by the models of params and arguments: kinds of fields, and explaining what is wrong.

Each DAG has one Pydantic model: it makes the ``Param``s (and so the trigger form), and validates what was triggered.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError


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


Words = Annotated[list[Annotated[str, Field(max_length=200)]], BeforeValidator(_words)]
OptionalText = Annotated[str | None, BeforeValidator(_blank_is_none)]
OptionalDate = Annotated[date | None, BeforeValidator(_blank_is_none)]


class BudgetLimits(BaseModel):
    """The most a run may spend and ask."""

    model_config = ConfigDict(extra="forbid")

    max_usd: Decimal | None = Field(default=Decimal("5"), ge=0)
    max_calls: int | None = Field(default=1000, ge=0)


def completed_budget(given: Any, default: BudgetLimits) -> Any:
    """A budget as it may be given, for its validator: a number means dollars; what is left out is the default's."""
    if isinstance(given, (int, float)) and not isinstance(given, bool):
        given = {"max_usd": given}
    if given is None:
        given = {}
    return {**default.model_dump(), **given} if isinstance(given, dict) else given


def explain(error: ValidationError, model: type[BaseModel]) -> str:
    """Pydantic's findings on one line, without the offending values."""
    findings = []
    for item in error.errors(include_input=False, include_url=False):
        where = ".".join(str(part) for part in item["loc"])
        message = item["msg"].removeprefix("Value error, ")
        if item["type"] == "extra_forbidden":
            message = f"unknown parameter; allowed: {', '.join(model.model_fields)}"
        findings.append(f"{where}: {message}" if where else message)
    return "; ".join(findings)
