"""Notes of DAG runs: the line about a run that Airflow shows in its lists, written when the run ends.

A task cannot write the note of its run. It leaves the line as an XCom (``prospecting.tasks.runs.note_run``), and this
listener, which the plugin registers and the scheduler calls, makes it the note. What people write stays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.listeners import hookimpl

if TYPE_CHECKING:
    from airflow.models.dagrun import DagRun

NOTE_KEY = "prospecting_note"
"""Key of the XCom with the note of a run."""
_LONGEST = 1000


@hookimpl
def on_dag_run_success(dag_run: DagRun, msg: str) -> None:
    """Note what a run that succeeded has to say."""
    write_note(dag_run)


@hookimpl
def on_dag_run_failed(dag_run: DagRun, msg: str) -> None:
    """Note what a run that failed has to say."""
    write_note(dag_run)


def write_note(dag_run: DagRun) -> None:
    """Make the newest line that a task of the run has left its note, in the transaction in which the run ends."""
    # Workers and the API server load the plugin, too, and no run ends there.
    from airflow.models.xcom import XComModel
    from airflow.sdk.execution_time.xcom import XCom
    from sqlalchemy import select
    from sqlalchemy.orm import object_session

    session = object_session(dag_run)
    if session is None:
        return
    wanted = select(XComModel).where(
        XComModel.dag_id == dag_run.dag_id, XComModel.run_id == dag_run.run_id, XComModel.key == NOTE_KEY
    )
    left = session.scalar(wanted.order_by(XComModel.timestamp.desc()).limit(1))
    of_a_person = dag_run.dag_run_note is not None and dag_run.dag_run_note.user_id is not None
    if left is not None and not of_a_person:
        dag_run.note = str(XCom.deserialize_value(left))[:_LONGEST]
