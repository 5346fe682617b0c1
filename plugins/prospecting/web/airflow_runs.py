"""Runs of DAGs as Airflow knows them: how their tasks stand. The one module that reads Airflow's metadata database.

The application runs inside Airflow's API server, which has that database open; every answer is for somebody who may see
the DAG (``prospecting.web.login``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from airflow.api.common.trigger_dag import trigger_dag
from airflow.models.dag import DagModel
from airflow.models.dagrun import DagRun
from airflow.models.taskinstance import TaskInstance
from airflow.sdk.exceptions import AirflowException, ParamValidationError
from airflow.utils.session import create_session
from airflow.utils.types import DagRunTriggeredByType
from sqlalchemy import func, select, update

ENDED = ("success", "failed", "skipped", "upstream_failed", "removed")


@dataclass(frozen=True, slots=True)
class Stage:
    """The instances of one task: how many there are, have ended, failed; ``failed_index`` is the first failed one's map
    index (-1 when the task is not mapped, None when none failed)."""

    task_id: str
    total: int
    ended: int
    failed: int
    running: int
    failed_index: int | None
    failed_try: int | None


@dataclass(frozen=True, slots=True)
class RunState:
    """A run of a DAG as Airflow has it; ``stages`` in the order in which they began."""

    dag_id: str
    run_id: str
    state: str
    started_at: datetime | None
    ended_at: datetime | None
    note: str | None
    stages: tuple[Stage, ...]

    @property
    def is_over(self) -> bool:
        return self.state in ("success", "failed")


def find_run(dag_id: str, run_id: str) -> RunState | None:
    """The run and its tasks, or None when Airflow has none of this name."""
    with create_session() as session:
        run = session.scalar(select(DagRun).where(DagRun.dag_id == dag_id, DagRun.run_id == run_id))
        if run is None:
            return None
        of_run = (TaskInstance.dag_id == dag_id, TaskInstance.run_id == run_id)
        rows = session.execute(
            select(
                TaskInstance.task_id,
                func.count().label("total"),
                func.count().filter(TaskInstance.state.in_(ENDED)).label("ended"),
                func.count().filter(TaskInstance.state.in_(("failed", "upstream_failed"))).label("failed"),
                func.count().filter(TaskInstance.state.in_(("running", "deferred", "awaiting_input"))).label("running"),
                func.min(TaskInstance.map_index).filter(TaskInstance.state == "failed").label("failed_index"),
                func.max(TaskInstance.try_number).filter(TaskInstance.state == "failed").label("failed_try"),
                func.min(TaskInstance.start_date).label("began"),
            )
            .where(*of_run)
            .group_by(TaskInstance.task_id)
        ).all()
        ordered = sorted(rows, key=lambda row: (row.began is None, row.began or 0, row.task_id))
        return RunState(
            dag_id=dag_id,
            run_id=run_id,
            state=str(run.state),
            started_at=run.start_date,
            ended_at=run.end_date,
            note=run.note,
            stages=tuple(Stage(*row[:7]) for row in ordered),
        )


def paused_dags(dag_ids: Sequence[str]) -> list[str]:
    """Those of these DAGs that Airflow knows, and that are paused."""
    with create_session() as session:
        wanted = select(DagModel.dag_id).where(
            DagModel.dag_id.in_(dag_ids), DagModel.is_paused.is_(True), DagModel.is_stale.is_(False)
        )
        return sorted(session.scalars(wanted))


def switch_on(dag_id: str) -> None:
    """Take a DAG out of its pause, as the toggle of Airflow's UI does. The caller has checked that the user may."""
    with create_session() as session:
        session.execute(update(DagModel).where(DagModel.dag_id == dag_id).values(is_paused=False))


class AirflowRefusal(Exception):
    """Airflow does not start the run; the message says why."""


def trigger(dag_id: str, conf: dict[str, Any], who: str) -> str:
    """Start a run of a DAG; returns its id. The caller has checked that the user may. Raises ``AirflowRefusal``."""
    try:
        run = trigger_dag(dag_id, triggered_by=DagRunTriggeredByType.UI, triggering_user_name=who, conf=conf)
    except (AirflowException, ParamValidationError, ValueError) as error:
        raise AirflowRefusal(f"Airflow does not start {dag_id}: {error}") from None
    if run is None:
        raise AirflowRefusal(f"Airflow does not start {dag_id}")
    return str(run.run_id)
