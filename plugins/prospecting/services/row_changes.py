"""Two states of the rows of an execution compared, and told to people line by line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal

from prospecting.persistence.past_executions import Found, Rows

Kind = Literal["added", "changed", "gone"]
_SIGNS: Mapping[Kind, str] = {"added": "+", "changed": "~", "gone": "-"}
_TOLD = ("name", "full_name", "value", "title", "reason", "source", "sponsor_tier", "domain", "current_title", "status")
_LONGEST = 80


@dataclass(frozen=True, slots=True)
class RowChange:
    """A row that is different. ``columns``: the old and the new value of each that changed; else the row itself."""

    table: str
    key: tuple[Any, ...]
    kind: Kind
    columns: Mapping[str, tuple[Any, Any]]
    row: Mapping[str, Any]


def compare(before: Rows, after: Rows, found_before: Found, found_after: Found) -> list[RowChange]:
    """The differences between two states of an execution's rows, by table, key and column.

    A row is ``added`` when the execution finds it now, and did not, and ``gone`` the other way round: in the database
    it may stay, for others may rely on it.
    """
    return [
        change
        for table in after
        for key in sorted({*before[table], *after[table]}, key=str)
        if (change := _change(table, key, before, after, found_before, found_after))
    ]


def _change(
    table: str, key: tuple[Any, ...], before: Rows, after: Rows, found_before: Found, found_after: Found
) -> RowChange | None:
    old, new = before[table].get(key), after[table].get(key)
    was_found = old is not None and found_before.has(table, old)
    is_found = new is not None and found_after.has(table, new)
    if new is not None and is_found and not was_found:
        return RowChange(table, key, "added", {}, new)
    if old is not None and was_found and not is_found:
        return RowChange(table, key, "gone", {}, old)
    if old is None or new is None:
        return None
    columns = {name: (old[name], value) for name, value in new.items() if old[name] != value}
    return RowChange(table, key, "changed", columns, new) if columns else None


def describe_changes(changes: Sequence[RowChange], limit: int) -> Iterator[str]:
    """Lines: for each table how much was added, changed and is gone, then up to ``limit`` of its rows. They have names
    of people: for a terminal, not for a log.
    """
    for table in dict.fromkeys(change.table for change in changes):
        of_table = [change for change in changes if change.table == table]
        counts = {kind: sum(change.kind == kind for change in of_table) for kind in _SIGNS}
        yield f"{table}: " + ", ".join(f"{count:,} {kind}" for kind, count in counts.items() if count)
        yield from map(_line, islice(of_table, limit))
        if (left := len(of_table) - limit) > 0:
            yield f"  and {left:,} more"


def _line(change: RowChange) -> str:
    key = " ".join(_short(part) for part in change.key)
    if change.kind == "changed":
        told = ", ".join(f"{name}: {_short(old)} -> {_short(new)}" for name, (old, new) in change.columns.items())
    else:
        told = ", ".join(f"{name}={_short(change.row[name])}" for name in _TOLD if change.row.get(name) is not None)
    return f"  {_SIGNS[change.kind]} {key[:12] if change.table == 'rejected_records' else key}  {told}".rstrip()


def _short(value: Any) -> str:
    # Control characters of an agent's answer do not reach the terminal.
    text = json.dumps(value, ensure_ascii=False, default=str) if value is not None else "nothing"
    text = "".join(character if character.isprintable() else " " for character in text.strip('"'))
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
