"""Notes of DAG runs: the line about a run that Airflow shows in its lists, written when the run ends.

A task cannot write the note of its run. It leaves the line as an XCom (``prospecting.tasks.runs.note_run``), or the
cause for which it failed (``keep_cause``); and this listener, which the plugin registers and the scheduler calls, makes
them the note. What people write stays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.listeners import hookimpl

from prospecting.services.notifications import shortened

if TYPE_CHECKING:
    from airflow.models.dagrun import DagRun
    from airflow.sdk import Context
    from sqlalchemy.orm import Session

NOTE_KEY = "prospecting_note"
"""Key of the XCom with the note of a run."""
CAUSE_KEY = "prospecting_cause"
"""Key of the XCom with the error in which a task failed for good."""
_LONGEST = 1000
_LONGEST_CAUSE = 500


@hookimpl
def on_dag_run_success(dag_run: DagRun, msg: str) -> None:
    """Note what a run that succeeded has to say."""
    write_note(dag_run)


@hookimpl
def on_dag_run_failed(dag_run: DagRun, msg: str) -> None:
    """Note what a run that failed has to say, and why it failed."""
    write_note(dag_run)


def keep_cause(context: Context) -> None:
    """``on_failure_callback`` of every task: leave the error in which it failed for good, with the task.

    For a task whose process was killed Airflow calls it in the DAG processor, where there is neither an error nor a way
    to leave one.
    """
    values: Any = context
    error = values.get("exception")
    if isinstance(error, BaseException):
        values["ti"].xcom_push(key=CAUSE_KEY, value=shortened(cause_of(error), _LONGEST_CAUSE))


def cause_of(error: BaseException) -> str:
    """The text of an error that was written for people; of others the class, as they may repeat somebody's data."""
    from airflow.sdk.exceptions import AirflowFailException, AirflowNotFoundException

    from prospecting.agents.errors import AgentError
    from prospecting.services.unexpected import describe_unexpected

    if isinstance(error, (AirflowFailException, AirflowNotFoundException, AgentError)) or not isinstance(
        error, Exception
    ):
        return str(error) or type(error).__name__
    return describe_unexpected(error)


def write_note(dag_run: DagRun) -> None:
    """Make the newest line that a task of the run has left its note, in the transaction in which the run ends.

    Where the run belongs to none, as in ``dag.test()``, in one of its own. Of a run that failed, the first task that
    failed is named, with the cause.
    """
    # Workers and the API server load the plugin, too, and no run ends there.
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from sqlalchemy.orm import object_session

    has_failed = dag_run.state == "failed"
    if (session := object_session(dag_run)) is not None:
        _write_note(session, dag_run, has_failed=has_failed)
        return
    with create_session() as own:
        if (stored := own.get(DagRun, dag_run.id)) is not None:
            _write_note(own, stored, has_failed=has_failed)


def _write_note(session: Session, dag_run: DagRun, *, has_failed: bool) -> None:
    from airflow.models.xcom import XComModel
    from airflow.sdk.execution_time.xcom import XCom
    from sqlalchemy import select

    if dag_run.dag_run_note is not None and dag_run.dag_run_note.user_id is not None:
        return
    wanted = select(XComModel).where(XComModel.dag_id == dag_run.dag_id, XComModel.run_id == dag_run.run_id)
    line = session.scalar(wanted.where(XComModel.key == NOTE_KEY).order_by(XComModel.timestamp.desc()).limit(1))
    said = [str(XCom.deserialize_value(line))] if line is not None else []
    if has_failed:
        first = session.scalar(wanted.where(XComModel.key == CAUSE_KEY).order_by(XComModel.timestamp).limit(1))
        if first is not None:
            said.append(f"Failed at {first.task_id}: {XCom.deserialize_value(first)}")
    if said:
        dag_run.note = " | ".join(said)[:_LONGEST]
