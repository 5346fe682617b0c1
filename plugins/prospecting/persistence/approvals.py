"""Decisions of persons that have to be made before anything happens: people who would become contacts, and erasures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from prospecting.persistence.portions import Row, rows_of

ASKING = ("account_promotion", "person_erasure")
"""The DAGs in which a person decides."""


def query_undecided(connection: Connection, dag_ids: Sequence[str] = ASKING) -> list[Row]:
    """Planned, and decided about by nobody, the oldest first: ``dag_id``, ``id``, ``airflow_run_id``, ``started_at``,
    ``concerned`` (people who would become contacts, or rows that would be erased).

    Somebody may be asked at the moment, or nobody, as after a dry run.
    """
    return rows_of(connection, "approvals/undecided", {"dag_ids": list(dag_ids)})


def query_decided(
    connection: Connection,
    dag_ids: Sequence[str] = ASKING,
    *,
    after: tuple[datetime, UUID] | None = None,
    limit: int = 50,
) -> list[Row]:
    """Decisions, the newest first: as above, with ``decision``, ``decided_by`` (None: nobody in time), ``decided_at``,
    ``status``, and ``done``, how much of it has happened. ``after``: the ``decided_at`` and ``id`` of a row."""
    after_decided_at, after_id = after or (None, None)
    values = {
        "dag_ids": list(dag_ids), "after_decided_at": after_decided_at, "after_id": after_id, "limit": limit,
    }  # fmt: skip
    return rows_of(connection, "approvals/decided", values)
