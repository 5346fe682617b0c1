"""Reads rows of the system that research ran in before: orgs and companies, submissions, pipeline runs, step results.

Values may be text, as SQL dumps have them, or JSON.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from prospecting.parsing.records import Rejected

_MOST_LEVELS = 100
"""Of JSON: what nests deeper nobody wrote, and whoever goes through it level by level does not come back."""
_INDEXED_LENGTH = 500
"""Characters of a text by which rows are found."""


class _Unusable(Exception):
    """A value that its column cannot hold; the message says what is expected."""


def _uuid(value: Any) -> str:
    try:
        return str(UUID(value))
    except (ValueError, TypeError, AttributeError):
        raise _Unusable("a UUID") from None


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _Unusable("text")
    return value


def _name(value: Any) -> str:
    text = _text(value)
    if not text.strip():
        raise _Unusable("text that is not blank")
    return text


def _short(read: Callable[[Any], str]) -> Callable[[Any], str]:
    def read_short(value: Any) -> str:
        if len(text := read(value)) > _INDEXED_LENGTH:
            raise _Unusable(f"text of at most {_INDEXED_LENGTH} characters")
        return text

    return read_short


def _time(value: Any) -> str:
    try:
        moment = datetime.fromisoformat(value)
    except (ValueError, TypeError):
        raise _Unusable("a time") from None
    if moment.utcoffset() is None:
        raise _Unusable("a time with a time zone")
    return moment.isoformat()


def _whole(value: Any, smallest: int = 0) -> int:
    try:
        number = int(value) if isinstance(value, str) else value
    except ValueError:
        number = None
    if not isinstance(number, int) or isinstance(number, bool) or not smallest <= number < 2**31:
        raise _Unusable(f"a whole number from {smallest} on")
    return number


def _from_one(value: Any) -> int:
    return _whole(value, 1)


def _json(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        found = json.loads(value)
    except (ValueError, RecursionError):
        raise _Unusable("JSON") from None
    if _is_too_deep(found):
        raise _Unusable(f"JSON of at most {_MOST_LEVELS} levels")
    return found


def _is_too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(_MOST_LEVELS + 1):
        level = [
            item
            for each in level
            if isinstance(each, (dict, list))
            for item in (each.values() if isinstance(each, dict) else each)
        ]
        if not level:
            return False
    return True


def _one_of(*allowed: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if value not in allowed:
            raise _Unusable(f"one of {', '.join(allowed)}")
        return str(value)

    return read


Reader = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class PastTable:
    """A table of the former system: its columns, and those of them that every row needs.

    ``dropped`` are columns that say nothing here.
    """

    columns: Mapping[str, Reader]
    required: tuple[str, ...]
    dropped: frozenset[str] = frozenset()


_TIMES: dict[str, Reader] = {"created_at": _time, "updated_at": _time}
_SPANS: dict[str, Reader] = {"started_at": _time, "finished_at": _time}
_ERRORS: dict[str, Reader] = {"error_message": _text, "error_details": _json}

TABLES: Mapping[str, PastTable] = {
    "orgs": PastTable({"id": _uuid, "name": _name, "slug": _short(_name), **_TIMES}, ("id", "name", "slug")),
    "companies": PastTable(
        {"id": _uuid, "org_id": _uuid, "name": _name, "domain": _text},
        ("id", "name"),
        frozenset({"external_ref", "created_at", "updated_at"}),
    ),
    "submissions": PastTable(
        {
            "id": _uuid,
            "org_id": _uuid,
            "company_id": _uuid,
            "blueprint_id": _uuid,
            "submitted_by_user_id": _uuid,
            "source": _text,
            "input_payload": _json,
            "status": _one_of("received", "validated", "queued", "running", "completed", "failed", "canceled"),
            "metadata": _json,
            **_TIMES,
        },
        ("id", "org_id", "input_payload", "status"),
    ),
    "pipeline_runs": PastTable(
        {
            "id": _uuid,
            "org_id": _uuid,
            "company_id": _uuid,
            "submission_id": _uuid,
            "blueprint_id": _uuid,
            "trigger_run_id": _short(_text),
            "blueprint_snapshot": _json,
            "blueprint_version": _whole,
            "status": _one_of("queued", "running", "succeeded", "failed", "canceled"),
            "attempt": _from_one,
            "parent_pipeline_run_id": _uuid,
            **_SPANS,
            **_ERRORS,
            **_TIMES,
        },
        ("id", "org_id", "submission_id", "status"),
    ),
    "step_results": PastTable(
        {
            "id": _uuid,
            "org_id": _uuid,
            "company_id": _uuid,
            "pipeline_run_id": _uuid,
            "submission_id": _uuid,
            "step_id": _uuid,
            "blueprint_step_id": _uuid,
            "step_position": _from_one,
            "task_run_id": _text,
            "status": _one_of("queued", "running", "succeeded", "failed", "skipped", "retrying"),
            "input_payload": _json,
            "output_payload": _json,
            "duration_ms": _whole,
            "attempt": _from_one,
            **_SPANS,
            **_ERRORS,
            **_TIMES,
        },
        ("id", "org_id", "pipeline_run_id", "submission_id", "step_position", "status"),
    ),
}


@dataclass(frozen=True, slots=True)
class PastRow:
    """A row as the tables here take it; ``unknown`` are columns of the dump that they do not have."""

    values: dict[str, Any] = field(repr=False)
    unknown: frozenset[str] = frozenset()


def read_past_row(table: str, values: Mapping[str, Any]) -> PastRow | Rejected:
    """A row of ``table`` out of a dump.

    Rejected: ``missing_value``, ``unusable_value``; the detail says which column, and not what is in it.
    """
    known = TABLES[table]
    if _is_too_deep(values):
        return Rejected("unusable_value", f"The row has more than {_MOST_LEVELS} levels")
    found: dict[str, Any] = {}
    for column, read in known.columns.items():
        value = values.get(column)
        if value is None:
            continue
        try:
            usable = read(value)
        except _Unusable as unusable:
            return Rejected("unusable_value", f"{column} has to be {unusable}", dict(values))
        if usable is not None:  # the null of JSON
            found[column] = usable
    missing = [column for column in known.required if column not in found]
    if missing:
        return Rejected("missing_value", f"{', '.join(missing)} must not be NULL", dict(values))
    filled = {column for column, value in values.items() if value is not None}
    return PastRow(found, frozenset(filled - known.columns.keys() - known.dropped))
