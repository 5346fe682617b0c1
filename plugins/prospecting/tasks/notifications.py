"""Who is told of runs that failed, and of questions that wait: whoever an Airflow connection names, else nobody.

Airflow runs the callback of a DAG in the DAG processor, once for a run that failed, however many of its tasks did. No
error reaches it: the task that fails leaves its own as an XCom (``prospecting.tasks.run_notes``).
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseNotifier

from prospecting.hooks.notifications import channels_for, tell
from prospecting.operators.links import RESULT_PAGE, airflow_url, run_path
from prospecting.services.notifications import Kind, Line, Message
from prospecting.tasks.run_notes import CAUSE_KEY, NOTE_KEY
from prospecting.tasks.runs import DAG_TEST, failed_tasks

if TYPE_CHECKING:
    from airflow.sdk import Context

log = logging.getLogger(__name__)

_REASONS = {
    "timed_out": "It took longer than the DAG allows (dagrun_timeout), and was ended.",
    "all_tasks_deadlocked": "No task could start any more.",
}


def tell_failure(context: Context) -> None:
    """``on_failure_callback`` of every DAG: tell whoever wants to know that a run has failed, and why.

    Of a run in a terminal (``dag.test()``) nobody is told: somebody looks at it.
    """
    values: Any = context
    if getattr(values.get("dag_run"), "triggering_user_name", None) == DAG_TEST:
        return
    try:
        if not channels_for(Kind.failure):
            return
        message = _about(context)
    except Exception as error:
        log.warning("Nobody was told of the failed run (%s)", type(error).__name__)
        return
    tell(message)


def _about(context: Context) -> Message:
    values: Any = context
    dag, run_id = values["dag"], values["run_id"]
    found = _first_cause(context)
    note = _note(context)
    lines = [Line(note)] if note else []
    if reason := _REASONS.get(values.get("reason") or ""):
        lines.append(Line(reason))
    run = run_path(dag.dag_id, run_id)
    if found is None:
        log_line = Line("The run and its logs", airflow_url(run))
    else:
        task_id, cause = found
        lines.append(Line(f"{task_id}: {cause or 'it ended without an error of its own; its log says more'}"))
        log_line = Line(f"The log of {task_id}", airflow_url(f"{run}/tasks/{task_id}"))
    return Message(
        Kind.failure,
        f"{dag.dag_display_name} failed",
        [*lines, Line("What the run has to show", airflow_url(f"{run}/plugin/{RESULT_PAGE}")), log_line],
    )


def _first_cause(context: Context) -> tuple[str, str | None] | None:
    """The task that failed first, in the order of the DAG, and its error; of a mapped task any of them."""
    values: Any = context
    if (ti := values.get("ti")) is None:
        return None
    failed = failed_tasks(context)
    for task_id in failed:
        kept = _pulled(ti, task_id, CAUSE_KEY)
        if kept:
            return task_id, kept[0]
    return (failed[0], None) if failed else None


def _note(context: Context) -> str | None:
    """The note of the run: which signal it was, what was found before it failed."""
    values: Any = context
    if (ti := values.get("ti")) is None:
        return None
    kept = [note for task in values["dag"].tasks for note in _pulled(ti, task.task_id, NOTE_KEY)]
    return kept[-1] if kept else None


def _pulled(ti: Any, task_id: str, key: str) -> list[str]:
    found = ti.xcom_pull(task_ids=[task_id], key=key)
    return [str(value) for value in found or () if value is not None]


class ApprovalNotifier(BaseNotifier):
    """Tells that a question waits for the answer of a person, with the way there; nobody is named.

    For the ``notifiers`` of an ``ApprovalOperator``.
    """

    def notify(self, context: Context) -> None:
        """Send the subject of the question, and its address."""
        values: Any = context
        ti, task = values["ti"], values["task"]
        asked = f"{run_path(ti.dag_id, ti.run_id)}/tasks/{ti.task_id}/required_actions"
        lines = [Line(task.subject), Line("Answer it in Airflow", airflow_url(asked))]
        if task.response_timeout:
            lines.insert(1, Line(f"Without an answer in {task.response_timeout.days} days it counts as rejected."))
        tell(Message(Kind.approval, f"{values['dag'].dag_display_name} waits for your decision", lines))
