"""Where a backfill of briefings takes them from: orgs, their submissions, and the results those have to offer.

A result counts when its step succeeded, its operation is exactly the kind's, and its run succeeded; or when writing it
failed before, whatever became of the run.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from prospecting.parsing.briefings import OPERATION_IDS, Kind
from prospecting.persistence.pages import Page, page_of
from prospecting.persistence.statements import statement


class StepKey(NamedTuple):
    """Where a step result comes among those of its submission, oldest first."""

    ended_at: datetime
    id: UUID


def as_uuid(value: UUID | str, name: str) -> UUID:
    """An id that may be text. Raises ``ValueError`` that says which argument ``name`` is meant."""
    if isinstance(value, UUID):
        return value
    try:
        return UUID(value)
    except (ValueError, TypeError, AttributeError):
        raise ValueError(f"{name} is not a UUID; give the id of a stored row") from None


def query_unknown_submissions(
    connection: Connection, *, org_id: UUID, submission_ids: Sequence[UUID], limit: int = 20
) -> Page[dict[str, Any]]:
    """Those of ``submission_ids`` that are not submissions of the org, with ``id`` and ``is_of_another_org``."""
    values = {"org_id": org_id, "submission_ids": list(submission_ids), "limit": limit}
    return page_of(connection.execute(statement("briefings/unknown_submissions"), values).mappings().all())


def query_submissions_with_results(connection: Connection, *, kind: Kind, org_id: UUID) -> Sequence[UUID]:
    """The org's submissions that have at least one result of the kind, oldest first."""
    values = {"org_id": org_id, "operation_id": OPERATION_IDS[kind]}
    return connection.execute(statement("briefings/submissions_with_results"), values).scalars().all()


def count_results(
    connection: Connection, *, kind: Kind, org_id: UUID, submission_ids: Sequence[UUID]
) -> Sequence[RowMapping]:
    """Returns what each of these submissions of the org has to offer, oldest first; those of other orgs are left out.

    A row has ``submission_id``, ``step_results``, and ``runs_without_results``: runs that succeeded without a result of
    the kind, as the first run of a fan-out does, whose children have them.
    """
    values = {"org_id": org_id, "submission_ids": list(submission_ids), "operation_id": OPERATION_IDS[kind]}
    return connection.execute(statement("briefings/count_results"), values).mappings().all()


def find_step_results(
    connection: Connection,
    *,
    kind: Kind,
    org_id: UUID | str,
    submission_id: UUID | str,
    after: tuple[datetime, UUID] | None = None,
    limit: int,
) -> list[StepKey]:
    """The next step results of a submission that ``save_briefings`` is for, oldest first, behind ``after``.

    Those of runs that succeeded; and those whose write failed before, whatever became of the run.
    """
    values = {
        "org_id": as_uuid(org_id, "org_id"),
        "submission_id": as_uuid(submission_id, "submission_id"),
        "operation_id": OPERATION_IDS[kind],
        "after_time": after[0] if after else None,
        "after_id": after[1] if after else None,
        "limit": limit,
    }
    return [StepKey(*row) for row in connection.execute(statement("briefings/find_step_results"), values)]


def count_written(connection: Connection, *, kind: Kind, dag_id: str, run_id: str) -> int:
    """How many briefings all tries of an Airflow run's tasks have written, as current ones or into the history."""
    values = {"kind": kind, "dag_id": dag_id, "run_id": run_id}
    found: int = connection.execute(statement("briefings/count_written"), values).scalar_one()
    return found
