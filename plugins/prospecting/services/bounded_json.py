"""JSON whose shape nobody fixes, entities and steps of research for instance, within bounds that everything can carry.

Airflow hands params to tasks in a format that knows no integer beyond 64 bits, and JSON of PostgreSQL no infinity. The
same bounds are a JSON Schema, by which Airflow refuses a trigger at once (HTTP 400), and a check for our own models.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator

LARGEST_NUMBER = 2**63 - 1
MAX_TEXT = 20_000
"""Characters of a text, or of a key."""
MAX_MEMBERS = 1_000
"""Members of a list, or of an object."""
MAX_DEPTH = 8
"""Lists and objects in each other; the outermost counts. No JSON Schema can count them."""

NUMBER_BOUNDS: Mapping[str, Any] = {"minimum": -LARGEST_NUMBER, "maximum": LARGEST_NUMBER}
NO_NAN: Mapping[str, Any] = {"not": {"type": "number", "maximum": -2.0 * LARGEST_NUMBER}}
"""Compared with any number, NaN is not greater: the only one that has this maximum and is not below ``minimum``.

Not an integer: Airflow's processes cannot tell each other about integers of more than 64 bits.
"""


_ANY = {"$dynamicRef": "#value"}
_VALUE: Mapping[str, Any] = {
    **NUMBER_BOUNDS,
    **NO_NAN,
    "maxLength": MAX_TEXT,
    "maxItems": MAX_MEMBERS,
    "maxProperties": MAX_MEMBERS,
    "propertyNames": {"maxLength": MAX_TEXT},
    "items": _ANY,
    "additionalProperties": _ANY,
}
OBJECT: Mapping[str, Any] = {**_VALUE, "additionalProperties": _VALUE}
"""JSON Schema of an object within the bounds; the schema around it has ``DEFINITIONS``.

Values are described twice, because following a reference for each of them takes longer than everything else.
"""
DEFINITIONS: Mapping[str, Any] = {"$defs": {"value": {"$dynamicAnchor": "value", **_VALUE}}}


def within_bounds(value: Any) -> Any:
    """``value`` itself. Raises ``ValueError`` that says which bound it exceeds, and not with what."""
    for problem in _problems(value, MAX_DEPTH):
        raise ValueError(problem)
    return value


def _problems(value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        if len(value) > MAX_TEXT:
            yield f"a text in it is longer than {MAX_TEXT} characters"
    elif isinstance(value, float) and not math.isfinite(value):
        yield "a number in it is infinite or none at all"
    elif isinstance(value, (int, float)):
        if abs(value) > LARGEST_NUMBER:
            yield "a number in it has more than 64 bits"
    elif isinstance(value, (Mapping, list, tuple)):
        if len(value) > MAX_MEMBERS:
            yield f"a list or an object in it has more than {MAX_MEMBERS} members"
        elif value and not depth:
            yield f"lists and objects are nested deeper than {MAX_DEPTH}"
        else:
            members = [*value, *value.values()] if isinstance(value, Mapping) else value
            for member in members:
                yield from _problems(member, depth - 1)


BoundedObject = Annotated[dict[str, Any], AfterValidator(within_bounds)]
"""An object of any shape."""
