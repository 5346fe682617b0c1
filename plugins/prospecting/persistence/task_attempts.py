"""Which tries of which tasks wrote rows."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from prospecting.persistence.portions import Row, rows_of


def find_attempts(connection: Connection, *parts: Iterable[Row]) -> dict[int, Row]:
    """The task tries that wrote any of the rows (their ``written_by``), by id: ``dag_id``, ``run_id``, ``task_id``,
    ``map_index`` (-1 when the task is not mapped), ``try_number``, ``started_at``."""
    ids = {row["written_by"] for rows in parts for row in rows if row["written_by"] is not None}
    found = rows_of(connection, "provenance/attempts", {"ids": sorted(ids)}) if ids else []
    return {row["id"]: row for row in found}
