"""Which tries of which tasks wrote rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection

from prospecting.persistence.statements import statement


def find_attempts(connection: Connection, *parts: Iterable[Mapping[str, Any]]) -> dict[int, Mapping[str, Any]]:
    """The task tries that wrote any of the rows (their ``written_by``), by id: ``dag_id``, ``run_id``, ``task_id``,
    ``map_index`` (-1 when the task is not mapped), ``try_number``, ``started_at``."""
    ids = {row["written_by"] for rows in parts for row in rows if row["written_by"] is not None}
    found = connection.execute(statement("provenance/attempts"), {"ids": sorted(ids)}).mappings() if ids else ()
    return {row["id"]: row for row in found}
