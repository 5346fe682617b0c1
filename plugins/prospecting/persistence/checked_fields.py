"""Kinds of fields of the records that programs hand over: times, texts, objects, checked by Pydantic models."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field

from prospecting.persistence.database import clean_text, clean_value
from prospecting.persistence.users import checked_time

_FIRST_YEAR = 2000
_CLOCKS_DIFFER = timedelta(minutes=10)
_FAR_AHEAD = timedelta(days=3660)

# Inputs stay out of error messages: they are about people.
GIVEN = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
STORED = ConfigDict(frozen=True)


def not_given() -> Any:
    """The default of a field that cannot be cleared: it is never written."""
    return None


def _not_before(moment: datetime) -> datetime:
    if moment.year < _FIRST_YEAR:
        raise ValueError(f"it lies before {_FIRST_YEAR}; check the clock it comes from")
    return moment


def _past(moment: datetime) -> datetime:
    return _not_before(checked_time(moment, "it", _CLOCKS_DIFFER))


def _planned(moment: datetime) -> datetime:
    return _not_before(checked_time(moment, "it", _FAR_AHEAD))


def _cleaned_text(given: object) -> object:
    return clean_text(given) if isinstance(given, str) else given


def _cleaned_object(given: object) -> object:
    if not isinstance(given, Mapping):
        return given
    try:
        return clean_value(given)
    except RecursionError:
        raise ValueError("it is nested too deeply; leave something out") from None


PastTime = Annotated[datetime, AfterValidator(_past)]
"""With a zone, from 2000 on, and at most ten minutes ahead, as clocks differ; in UTC."""
PlannedTime = Annotated[datetime, AfterValidator(_planned)]
"""With a zone, from 2000 on, and at most ten years ahead; in UTC."""
CleanText = Annotated[str, BeforeValidator(_cleaned_text)]
"""Without what PostgreSQL cannot store."""
JsonObject = Annotated[dict[str, Any], BeforeValidator(_cleaned_object)]
"""Names and values, as JSON has them."""
RowId = Annotated[int, Field(ge=1, le=2**63 - 1)]
Whole = Annotated[int, Field(ge=0, le=2**31 - 1)]
Money = Annotated[Decimal, Field(max_digits=10, decimal_places=2)]
