"""Runs of DAGs as Airflow knows them: how their tasks stand. The one module that reads Airflow's metadata database.

The application runs inside Airflow's API server, which has that database open; every answer is for somebody who may see
the DAG (``prospecting.web.login``).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from graphlib import TopologicalSorter
from itertools import islice
from typing import Any

from airflow.api.common.trigger_dag import trigger_dag
from airflow.models.dag import DagModel
from airflow.models.dagrun import DagRun
from airflow.models.hitl import HITLDetail
from airflow.models.serialized_dag import SerializedDagModel
from airflow.models.taskinstance import TaskInstance
from airflow.models.trigger import Trigger
from airflow.models.xcom import XComModel
from airflow.sdk.exceptions import AirflowException, ParamValidationError
from airflow.sdk.execution_time.xcom import XCom
from airflow.utils.log.log_reader import TaskLogReader
from airflow.utils.session import create_session
from airflow.utils.types import DagRunTriggeredByType
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, joinedload

log = logging.getLogger(__name__)

_MOST_MESSAGES = 50_000
_MOST_QUESTIONS = 200
_LONGEST_CAUSE = 2_000
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
    asking: int = 0
    """Instances that wait for the answer of a person."""

    @property
    def share(self) -> float:
        """How much of it has ended, 0 to 1."""
        return self.ended / self.total if self.total else 0.0


@dataclass(frozen=True, slots=True)
class RunState:
    """A run of a DAG as Airflow has it; ``stages`` in the order in which they began, or can begin."""

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

    @property
    def first_failure(self) -> Stage | None:
        """The stage that failed first; those that could not start because of it come later."""
        return next((stage for stage in self.stages if stage.failed_index is not None), None)

    @property
    def question(self) -> Stage | None:
        """The stage that waits for the answer of a person."""
        return next((stage for stage in self.stages if stage.asking), None)


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
                func.count().filter(TaskInstance.state == "awaiting_input").label("asking"),
                func.min(TaskInstance.start_date).label("began"),
            )
            .where(*of_run)
            .group_by(TaskInstance.task_id)
        ).all()
        places = {} if all(row.began for row in rows) else _order_of_tasks(session, dag_id)
        ordered = sorted(
            rows,
            key=lambda row: (row.began is None, row.began or 0, places.get(row.task_id, len(places)), row.task_id),
        )
        return RunState(
            dag_id=dag_id,
            run_id=run_id,
            state=str(run.state),
            started_at=run.start_date,
            ended_at=run.end_date,
            note=run.note,
            stages=tuple(Stage(*row[:8]) for row in ordered),
        )


@dataclass(frozen=True, slots=True)
class Question:
    """A question of a task to a person: what Airflow shows under *Required Actions*.

    ``body`` is Markdown. ``until``: without an answer by then ``default`` counts as one.
    """

    dag_id: str
    run_id: str
    task_id: str
    map_index: int
    subject: str
    body: str
    options: tuple[str, ...]
    asked_at: datetime
    until: datetime | None
    default: str | None


def find_questions(dag_ids: Sequence[str]) -> list[Question]:
    """The questions of tasks of these DAGs that wait for an answer, the oldest first."""
    waiting = (
        select(TaskInstance, HITLDetail)
        .join(HITLDetail, HITLDetail.ti_id == TaskInstance.id)
        .where(
            TaskInstance.dag_id.in_(dag_ids),
            TaskInstance.state.in_(("awaiting_input", "deferred")),
            HITLDetail.responded_at.is_(None),
        )
        .order_by(HITLDetail.created_at, HITLDetail.ti_id)
        .limit(_MOST_QUESTIONS)
    )
    with create_session() as session:
        return [
            Question(
                dag_id=instance.dag_id,
                run_id=instance.run_id,
                task_id=instance.task_id,
                map_index=instance.map_index,
                subject=detail.subject,
                body=detail.body or "",
                options=tuple(detail.options),
                asked_at=detail.created_at,
                until=instance.trigger_timeout,
                default=", ".join(detail.defaults) if detail.defaults else None,
            )
            for instance, detail in session.execute(waiting).unique()
        ]


@dataclass(frozen=True, slots=True)
class FailedRun:
    """A run that failed; ``note`` says why, where somebody or the run itself has left one."""

    dag_id: str
    run_id: str
    ended_at: datetime | None
    note: str | None


def find_latest_failures(dag_ids: Sequence[str]) -> list[FailedRun]:
    """The latest run of each of these DAGs that has ended, where it failed; by DAG."""
    latest = (
        select(DagRun)
        .where(DagRun.dag_id.in_(dag_ids), DagRun.state.in_(("success", "failed")))
        .distinct(DagRun.dag_id)
        .order_by(DagRun.dag_id, DagRun.run_after.desc(), DagRun.id.desc())
    )
    with create_session() as session:
        return [
            FailedRun(run.dag_id, run.run_id, run.end_date, run.note)
            for run in session.scalars(latest).unique()
            if run.state == "failed"
        ]


def _order_of_tasks(session: Session, dag_id: str) -> dict[str, int]:
    """The place of each task of a DAG in an order in which they can run; empty for a DAG that Airflow has not read."""
    dag = SerializedDagModel.get_dag(dag_id, session=session)
    graph = {task.task_id: task.upstream_task_ids for task in dag.tasks} if dag else {}
    return {task_id: place for place, task_id in enumerate(TopologicalSorter(graph).static_order())}


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


def returned_values(dag_id: str, run_id: str) -> dict[str, Any]:
    """The values that the tasks of a run returned, by task id; of a mapped task a list, in the order of its instances.

    Tasks that failed, and those that return nothing, are not in it.
    """
    query = (
        select(XComModel)
        .where(XComModel.dag_id == dag_id, XComModel.run_id == run_id, XComModel.key == "return_value")
        .order_by(XComModel.task_id, XComModel.map_index)
    )
    returned: dict[str, Any] = {}
    with create_session() as session:
        for row in session.scalars(query):
            value = XCom.deserialize_value(row)
            if row.map_index < 0:
                returned[row.task_id] = value
            else:
                returned.setdefault(row.task_id, []).append(value)
    return returned


def cause_in_log(dag_id: str, run_id: str, stage: Stage) -> str | None:
    """The error with which the first failed instance of a stage ended, from its log; ``None`` when it is not there.

    Errors of tasks carry ids and counts, and no personal data.
    """
    reader = TaskLogReader()
    if stage.failed_index is None or not reader.supports_read:
        return None
    wanted = (
        select(TaskInstance)
        .where(
            TaskInstance.dag_id == dag_id,
            TaskInstance.run_id == run_id,
            TaskInstance.task_id == stage.task_id,
            TaskInstance.map_index == stage.failed_index,
        )
        .options(joinedload(TaskInstance.dag_run), joinedload(TaskInstance.trigger).joinedload(Trigger.triggerer_job))
    )
    cause = None
    with create_session() as session:
        instance = session.scalar(wanted)
        if instance is None or not instance.try_number:
            return None
        try:
            messages, _ = reader.read_log_chunks(instance, instance.try_number, {"end_of_log": False})
            for message in islice(messages, _MOST_MESSAGES):
                for detail in getattr(message, "error_detail", None) or ():
                    cause = str(detail.get("exc_value") or detail.get("exc_type"))[:_LONGEST_CAUSE]
        except Exception:
            log.warning("The log of task %s of DAG %s cannot be read", stage.task_id, dag_id, exc_info=True)
    return cause
