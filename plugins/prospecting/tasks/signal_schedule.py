"""The tasks of ``signal_schedule``: start what is due, close what has died."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from airflow.sdk import task, timezone
from airflow.sdk.exceptions import DagRunTriggerException

from prospecting.services import abandoned_runs, closing_lines, schedules
from prospecting.tasks.measures import measure_queue
from prospecting.tasks.runs import current_runtime, label_instance, note_run


@task
def close_abandoned_runs() -> dict[str, int]:
    """Fail runs that nobody works on any more, of this and other DAGs. Returns how many rows, by table.

    The first task of every DAG does the same, so that they are closed without this one, too. What still waits after
    that is measured.
    """
    runtime = current_runtime()
    closed = abandoned_runs.close_abandoned_runs(runtime)
    measure_queue(runtime)
    return asdict(closed)


@task
def find_due_signals() -> list[dict[str, str]]:
    """Returns the arguments of ``start_signal``: one for each signal whose latest due time has not been executed.

    Paused signals that are due are counted, and not started.
    """
    now = timezone.utcnow()
    due = schedules.find_due_signals(current_runtime(), now)
    paused = schedules.find_paused_signals(current_runtime(), now)
    note_run(closing_lines.of_schedule(len(due), len(paused)))
    return [{"signal_id": str(signal_id), "scheduled_for": due_time.isoformat()} for signal_id, due_time in due]


@task(map_index_template="{{ label }}")
def start_signal(signal_id: str, scheduled_for: str) -> None:
    """Trigger ``signal_execution`` for one due time of a signal; skipped when it has been triggered before.

    The run id is made of signal and due time, so that each is triggered once, whatever happens in between. The
    exception is how any task asks Airflow for a run; the operator that wraps it would load half of Airflow's core into
    every parse of the DAG file.
    """
    run_id = f"signal_schedule__{signal_id}__{datetime.fromisoformat(scheduled_for):%Y%m%dT%H%M%SZ}"
    label_instance(run_id)
    raise DagRunTriggerException(
        trigger_dag_id="signal_execution",
        dag_run_id=run_id,
        conf={"signal_id": signal_id, "scheduled_for": scheduled_for},
        reset_dag_run=False,
        skip_when_already_exists=True,
        wait_for_completion=False,
        allowed_states=["success"],
        failed_states=["failed"],
        poke_interval=60,
        deferrable=False,
    )
