"""Which tries of which tasks wrote rows, and from which answers of agents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection

from prospecting.persistence.portions import Row, rows_of


def find_attempts(connection: Connection, *parts: Iterable[Row]) -> dict[int, Row]:
    """The task tries that wrote any of the rows (their ``written_by``), by id: ``dag_id``, ``run_id``, ``task_id``,
    ``map_index`` (-1 when the task is not mapped), ``try_number``, ``started_at``."""
    ids = {row["written_by"] for rows in parts for row in rows if row["written_by"] is not None}
    found = rows_of(connection, "provenance/attempts", {"ids": sorted(ids)}) if ids else []
    return {row["id"]: row for row in found}


def find_calls(
    connection: Connection,
    attempts: Mapping[int, Row],
    *,
    company_ids: Iterable[int] = (),
    event_ids: Iterable[int] = (),
) -> dict[tuple[int, str], Row]:
    """The calls from whose answers task tries wrote about companies and about sponsors of events: ``id``,
    ``started_at``, ``provider`` by (id of the try, ``company 7`` or ``event 7``).

    A merged company was asked about under its own id, and is not found.
    """
    values = {"ids": sorted(attempts), "company_ids": list(company_ids), "event_ids": list(event_ids)}
    found = rows_of(connection, "provenance/calls", values) if attempts else []
    return {(row["attempt_id"], row["source"]): row for row in found}
