"""Keeps what could not be used, with the reason: ``rejected_records``."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from prospecting.parsing.excerpts import MAX_TEXT, cut, excerpt
from prospecting.parsing.records import Rejected
from prospecting.persistence.database import to_json
from prospecting.persistence.erased_identities import has_erased, screen
from prospecting.persistence.statements import statement

_MAX_CODE = 100
_MAX_SOURCE = 500
_NO_ERRORS = frozenset({"no_data", "not_current", "past_role", "venue"})


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """Something to keep in ``rejected_records``.

    ``stage`` says where it got stuck: ``parse``, ``save``, ``agent`` (the call itself failed) or ``filter`` (it was
    fine, but not what was asked for). ``source`` says which answer it was in, e.g. ``event 17``. Of texts and of
    ``raw`` the beginning is kept (``parsing/excerpts.py``); the whole answer is in the ledger, ``agent_calls``. People
    who asked to be forgotten are left out of it.
    """

    stage: str
    record_type: str
    reason: str
    detail: str
    raw: Any = None
    source: str | None = None

    @classmethod
    def from_parse(cls, rejected: Rejected, record_type: str, source: str | None = None) -> RejectedRow:
        # An agent that says "nothing found", or who is no sponsor or has left, has done its work: no error, but worth
        # showing.
        stage = "filter" if rejected.reason in _NO_ERRORS else "parse"
        return cls(stage, record_type, rejected.reason, rejected.detail, rejected.raw, source)


def record_rejected(connection: Connection, execution_id: UUID | str | None, rows: Sequence[RejectedRow]) -> None:
    """Keep what could not be used. Recording the same thing twice in one execution keeps it once."""
    _insert(connection, execution_id, _staged(connection, rows))


def replace_rejected(
    connection: Connection, execution_id: UUID | str, source: str, rows: Sequence[RejectedRow]
) -> None:
    """Keep ``rows`` with their ``source`` set to this one, and no others that an earlier try noted under it."""
    source = cut(source, _MAX_SOURCE)
    staged = _staged(connection, [replace(row, source=source) for row in rows])
    connection.execute(
        statement("rejected_records/forget_others"),
        {
            "execution_id": UUID(str(execution_id)),
            "source": source,
            "kept": [row["fingerprint"] for row in staged],
        },
    )
    _insert(connection, execution_id, staged)


def _staged(connection: Connection, rows: Sequence[RejectedRow]) -> list[dict[str, Any]]:
    staged = []
    is_anybody_erased = bool(rows) and has_erased(connection)
    for row in rows:
        raw = excerpt(row.raw)
        body = {
            "stage": row.stage,
            "record_type": cut(row.record_type, _MAX_CODE),
            "reason": cut(row.reason, _MAX_CODE),
            "detail": cut(row.detail, MAX_TEXT),
            "raw": screen(connection, raw) if is_anybody_erased else raw,
            "source": None if row.source is None else cut(row.source, _MAX_SOURCE),
        }
        staged.append(body | {"fingerprint": hashlib.sha256(to_json(body).encode()).hexdigest()})
    return staged


def _insert(connection: Connection, execution_id: UUID | str | None, staged: Sequence[dict[str, Any]]) -> None:
    if staged:
        connection.execute(
            statement("rejected_records/record"),
            {"execution_id": UUID(str(execution_id)) if execution_id else None, "rows": to_json(staged)},
        )


def forget_agent_failures(connection: Connection, execution_id: UUID | str, sources: Sequence[str]) -> None:
    """Drop the failed calls about ``sources`` that an earlier try noted: they are about to be asked again."""
    connection.execute(
        statement("rejected_records/forget_agent_failures"),
        {"execution_id": UUID(str(execution_id)), "sources": [cut(source, _MAX_SOURCE) for source in sources]},
    )


def query_reasons_of_run(
    connection: Connection, dag_id: str, run_id: str, *, record_types: Sequence[str] | None = None
) -> Sequence[RowMapping]:
    """Why records of an Airflow run could not be used: stage, record_type, reason, records, detail, source."""
    types = None if record_types is None else list(record_types)
    return _reasons(connection, dag_id=dag_id, run_id=run_id, record_types=types)


def query_reasons_of_execution(connection: Connection, execution_id: UUID | str) -> Sequence[RowMapping]:
    """Why an execution left things out: as above; losses first."""
    return _reasons(connection, execution_id=UUID(str(execution_id)))


def _reasons(connection: Connection, **wanted: Any) -> Sequence[RowMapping]:
    values = dict.fromkeys(("execution_id", "dag_id", "run_id", "record_types")) | wanted
    return connection.execute(statement("rejected_records/reasons"), values).mappings().all()
