"""Kinds of values that requests and answers of several routes have."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

MAX_DEPTH = 64
"""Lists and objects in each other."""


class Asked(BaseModel):
    """The body of a request. What it does not know is refused: a filter that is misspelt would find everything."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class Told(BaseModel):
    """The body of an answer, from a row or a dataclass."""

    model_config = ConfigDict(from_attributes=True)


class Error(BaseModel):
    """Why a request was refused, in one sentence that names the remedy and repeats no value."""

    error: str = Field(examples=["Missing authorization token"])


def _within_depth(value: dict[str, Any]) -> dict[str, Any]:
    # Level by level: no depth of the value is one of the stack.
    level: list[Any] = [value]
    for _ in range(MAX_DEPTH):
        level = [
            member
            for one in level
            for member in (one.values() if isinstance(one, dict) else one)
            if isinstance(member, (dict, list))
        ]
        if not level:
            return value
    raise ValueError(f"lists and objects are nested deeper than {MAX_DEPTH}")


JsonObject = Annotated[dict[str, Any], AfterValidator(_within_depth)]
"""An object of any shape."""


def _no_truth(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("true and false are no numbers")
    return value


def _as_text(value: Any) -> Any:
    # pydantic takes numbers as well, also in text, and tells seconds from milliseconds by their size.
    if not isinstance(value, str) or value.strip().lstrip("+-").replace(".", "", 1).isdigit():
        raise ValueError("give the time as text, ISO 8601 with a time zone")
    return value


Whole = Annotated[int, BeforeValidator(_no_truth)]
"""A whole number, which true is not."""
Moment = Annotated[datetime, BeforeValidator(_as_text)]
"""A time as text; a bare number could be seconds or milliseconds."""

REFUSALS: dict[int | str, dict[str, Any]] = {
    400: {"model": Error, "description": "The body is not JSON, or what was asked for cannot be done"},
    401: {"model": Error, "description": "Nobody is known by this key or token"},
    403: {"model": Error, "description": "Known, and not allowed to do this"},
    408: {"model": Error, "description": "The body did not come in time"},
    413: {"model": Error, "description": "The body is too large"},
    422: {"model": Error, "description": "The body or an argument does not have the right shape"},
    429: {
        "model": Error,
        "description": "Too many requests with this token",
        "headers": {"Retry-After": {"description": "Seconds to wait", "schema": {"type": "integer"}}},
    },
    503: {"model": Error, "description": "The database or a key is missing; the sentence says which"},
    504: {"model": Error, "description": "The database took too long"},
}
"""How any route may refuse, for its description."""
MISSING: dict[int | str, dict[str, Any]] = {404: {"model": Error, "description": "There is none of this id"}}
