"""Where a backfill of briefings takes them from: orgs, their submissions, and the results those have to offer.

A result counts when its step succeeded, its operation is exactly the kind's, and its run succeeded; or when writing it
failed before, whatever became of the run.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from prospecting.parsing.briefings import OPERATION_IDS, Kind
from prospecting.persistence.statements import statement


def has_org(connection: Connection, org_id: UUID) -> bool:
    """Whether there is such an org."""
    found: bool = connection.execute(statement("briefing_sources/find_org"), {"org_id": org_id}).scalar_one()
    return found


def query_unknown_submissions(
    connection: Connection, *, org_id: UUID, submission_ids: Sequence[UUID]
) -> Sequence[RowMapping]:
    """Those of ``submission_ids`` that are no submissions of the org; at most 20.

    A row has ``id``, ``is_of_another_org``, and ``total``: how many there are in all.
    """
    values = {"org_id": org_id, "submission_ids": list(submission_ids)}
    return connection.execute(statement("briefing_sources/unknown_submissions"), values).mappings().all()


def query_submissions_with_results(connection: Connection, *, kind: Kind, org_id: UUID) -> Sequence[UUID]:
    """The org's submissions that have at least one result of the kind, oldest first."""
    values = {"org_id": org_id, "operation_id": OPERATION_IDS[kind]}
    return connection.execute(statement("briefing_sources/submissions_with_results"), values).scalars().all()


def count_results(
    connection: Connection, *, kind: Kind, org_id: UUID, submission_ids: Sequence[UUID]
) -> Sequence[RowMapping]:
    """What each of these submissions of the org has to offer, oldest first; those of other orgs are left out.

    A row has ``submission_id``, ``step_results``, and ``runs_without_results``: runs that succeeded without a result of
    the kind, as the first run of a fan-out does, whose children have them.
    """
    values = {"org_id": org_id, "submission_ids": list(submission_ids), "operation_id": OPERATION_IDS[kind]}
    return connection.execute(statement("briefing_sources/count_results"), values).mappings().all()


def count_written(connection: Connection, *, kind: Kind, dag_id: str, run_id: str) -> int:
    """How many briefings all tries of an Airflow run's tasks have written, as current ones or into the history."""
    values = {"kind": kind, "dag_id": dag_id, "run_id": run_id}
    found: int = connection.execute(statement("briefing_sources/count_written"), values).scalar_one()
    return found
