"""Kinds of fields that people and programs fill in about accounts: texts, JSON and times, as they may be stored.

A value that is refused is not repeated: names, addresses and contents stay out of error texts.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from prospecting.persistence.database import clean_text, to_json
from prospecting.persistence.users import checked_time

MAX_JSON = 1024 * 1024
"""Bytes that a JSON value may take."""

UNSET: Any = None
"""The default of a field that is written only if it is given, and then not empty."""

_MAX_AHEAD = timedelta(minutes=10)  # by how much clocks may differ


class Given(BaseModel):
    """Something to be written: unknown fields are refused, and errors do not repeat values."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Stored(BaseModel):
    """Something as it is stored."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)


def _text(value: object) -> object:
    """Text that can be stored, without spaces around it; a blank one is none."""
    return clean_text(value).strip() or None if isinstance(value, str) else value


def _json(value: object) -> object:
    try:
        size = len(to_json(value).encode())
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if size > MAX_JSON:
        raise ValueError(f"it takes more than {MAX_JSON} bytes as JSON; leave something out")
    return value


def _past(moment: datetime) -> datetime:
    return checked_time(moment, "it", _MAX_AHEAD)


Name = Annotated[str, BeforeValidator(_text), Field(max_length=500)]
OptionalText = Annotated[Annotated[str, Field(max_length=500)] | None, BeforeValidator(_text)]
OptionalProse = Annotated[Annotated[str, Field(max_length=20_000)] | None, BeforeValidator(_text)]
JsonObject = Annotated[dict[str, Any], BeforeValidator(_json)]
JsonTexts = Annotated[list[Annotated[str, Field(max_length=500)]], BeforeValidator(_json)]
PastTime = Annotated[datetime, AfterValidator(_past)]
RowId = Annotated[int, Field(ge=1, le=2**63 - 1)]
