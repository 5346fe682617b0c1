"""Merging research into the briefing tables: the newest research stands, older research goes to the history.

A row is what is known of one company or person as seen from one client, and holds the newest research; what that
replaced, and what came in late, is in ``<table>_history``. Research is ordered by (``researched_at``, pipeline run), so
a backfill ends with the same rows in whatever order it comes. What is already known is not written.

Merging takes two steps under key locks: plan, which only reads and decides; load, which does as planned. The research
itself, which is large, goes from ``step_results`` to its table inside the database.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from prospecting.parsing.briefings import KEYS, Kind
from prospecting.parsing.icp_titles import parse_icp_titles
from prospecting.parsing.names import fold
from prospecting.persistence.batches import without_nones
from prospecting.persistence.database import lock_keys, to_json
from prospecting.persistence.statements import statement

_TITLES_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Source:
    """Whose research it is, where it comes from, and how old it is; without a date it is of now."""

    org_id: UUID
    submission_id: UUID | None = None
    pipeline_run_id: UUID | None = None
    researched_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Research:
    """A research run as the tables take it. ``fields``: a value, or ``None``, for every column of its kind.

    The research itself is ``raw``, or stays at ``path`` in the output of the step result.
    """

    fields: dict[str, str | None]
    source: Source
    raw: dict[str, Any] | None = None
    step_result_id: UUID | None = None
    path: str | None = None


@dataclass(slots=True)
class Merged:
    """The outcome for each research run, by its position in what was given: True for news.

    ``ids`` are the rows of the table it is about, in the order of merging; ``created`` are those that were not there.
    """

    news: dict[int, bool] = field(default_factory=dict)
    ids: list[UUID] = field(default_factory=list)
    created: list[UUID] = field(default_factory=list)


def lock_briefings(connection: Connection, kind: Kind, rows: Sequence[Research]) -> None:
    """Lock the keys of what is about to be merged, until the transaction ends."""
    lock_keys(connection, "briefing", (_lock_key(kind, row) for row in rows))


def _lock_key(kind: Kind, row: Research) -> str:
    """At least as coarse as the key of the table: names are folded further than the database does, blanks removed."""
    name = row.fields[KEYS[kind][0]] or ""
    return f"{kind}:{row.source.org_id}:{''.join(fold(name).split()) if kind == 'person' else name}"


def merge(
    connection: Connection,
    kind: Kind,
    rows: Sequence[Research],
    positions: Sequence[int],
    *,
    force: bool,
    is_replay: bool,
) -> Merged:
    """Bring ``rows[position]`` for each position, oldest first, into the table of ``kind``. The key locks are held.

    ``force``: of research about one company or person, the last replaces whatever is stored. ``is_replay``: of the same
    age, what was replaced before stays replaced; otherwise the last one wins.
    """
    merged = Merged()
    written: set[UUID] = set()
    left = list(positions)
    while left:
        # Of several about the same company or person the first; most of the time that is all of them.
        planned = plan(connection, kind, rows, left, force=force, is_replay=is_replay)
        loaded = _load(connection, kind, rows, planned)
        known = [decision["briefing_id"] for decision in planned if decision["briefing_id"]]
        written.update(loaded)
        merged.ids += [*loaded, *known]
        merged.created += [briefing_id for briefing_id in loaded if briefing_id not in set(known)]
        merged.news |= {decision["ordinal"]: is_news(decision) for decision in planned}
        left = [position for position in left if position not in merged.news]
    if kind == "icp_job_titles":
        _sync_titles(connection, sorted(written))
    return merged


def plan(
    connection: Connection,
    kind: Kind,
    rows: Sequence[Research],
    positions: Sequence[int],
    *,
    force: bool,
    is_replay: bool,
    every: bool = False,
) -> Sequence[RowMapping]:
    """The meaning of each position for the table; reads only. Of several about one row the first, unless ``every``."""
    if not positions:
        return []
    staged = [_staged(kind, position, rows[position]) for position in positions]
    values = {
        "kind": kind,
        "rows": to_json(without_nones(staged)),
        "force": force,
        "is_replay": is_replay,
        "every": every,
    }
    return connection.execute(statement("briefings/plan"), values).mappings().all()


def is_news(decision: RowMapping) -> bool:
    """True when a plan writes something, be it a line of history."""
    return bool(decision["verdict"] != "unchanged" or decision["is_late"])


def _staged(kind: Kind, position: int, row: Research) -> dict[str, Any]:
    fields = {name: value for name, value in row.fields.items() if value is not None and name not in KEYS[kind]}
    return {
        "ordinal": position,
        "org_id": row.source.org_id,
        "key": [row.fields[name] for name in KEYS[kind]],
        "fields": fields,
        "source_submission_id": row.source.submission_id,
        "source_pipeline_run_id": row.source.pipeline_run_id,
        "researched_at": row.source.researched_at,
        **_whereabouts(row),
    }


def _whereabouts(row: Research) -> dict[str, Any]:
    """Where the research itself is."""
    return {"step_result_id": row.step_result_id, "path": row.path, "raw": row.raw}


def _load(connection: Connection, kind: Kind, rows: Sequence[Research], planned: Sequence[RowMapping]) -> list[UUID]:
    """Do as planned. Returns the rows of the table that were inserted or updated."""
    changes = []
    for decision in planned:
        row = rows[decision["ordinal"]]
        about = {"briefing_id": decision["briefing_id"], "org_id": row.source.org_id, **_whereabouts(row)}
        if decision["is_late"]:
            changes.append({**about, **_line_of_history(kind, row), "researched_at": decision["researched_at"]})
        if decision["is_repeated"]:
            changes.append({**about, "action": "keep", "record": {}, "researched_at": decision["stored_researched_at"]})
        if decision["verdict"] != "unchanged":
            key = {name: row.fields[name] for name in KEYS[kind]}
            decided = {name: decision[name] for name in _DECIDED}
            changes.append({**about, **decided, "action": decision["verdict"], "fields": key | decision["fields"]})
    if not changes:
        return []
    loaded = connection.execute(statement(f"briefings/load_{kind}"), {"rows": to_json(without_nones(changes))})
    ids = list(loaded.scalars())
    redated = [
        {name: decision[name] for name in ("briefing_id", "researched_at")}
        for decision in planned
        if decision["keeps_its_date"] and decision["verdict"] == "update"
    ]
    if redated:
        connection.execute(statement(f"briefings/redate_{kind}"), {"rows": to_json(redated)})
    return ids


_DECIDED = ("replaces", "researched_at", "source_submission_id", "source_pipeline_run_id")


def _line_of_history(kind: Kind, row: Research) -> dict[str, Any]:
    """A line of history for late research: the row, with what the research says instead."""
    record: dict[str, Any] = {name: value for name, value in row.fields.items() if name not in KEYS[kind]}
    record["source_submission_id"] = row.source.submission_id
    record["source_pipeline_run_id"] = row.source.pipeline_run_id
    if kind == "icp_job_titles":
        record["extracted_titles"] = None
    return {"action": "keep", "record": record}


def _sync_titles(connection: Connection, ids: Sequence[UUID]) -> None:
    """Read the single titles of these rows of ``icp_job_titles`` again."""
    for start in range(0, len(ids), _TITLES_AT_ONCE):
        values = {"ids": list(ids[start : start + _TITLES_AT_ONCE])}
        rows = [
            {
                "id": row["id"],
                "titles": [
                    {"title": title.title, "buyer_role": title.buyer_role, "reasoning": title.reasoning}
                    for title in parse_icp_titles(row["raw_parallel_output"]).items
                ],
            }
            for row in connection.execute(statement("briefings/rows_icp_job_titles"), values).mappings()
        ]
        connection.execute(statement("briefings/sync_titles"), {"rows": to_json(rows)})
