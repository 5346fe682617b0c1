"""The tasks of the signal schedule: start what is due, close what has died."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from airflow.sdk import task, timezone
from airflow.sdk.exceptions import DagRunTriggerException
from pydantic import ValidationError

from prospecting.hooks.prospecting import in_transaction, show_as
from prospecting.persistence import signals as store
from prospecting.services.params import explain
from prospecting.services.signal_params import Schedule

log = logging.getLogger(__name__)

STALE_AFTER_HOURS = 24
"""No execution may run longer (the DAG's ``dagrun_timeout`` is shorter); older ones are dead."""


@task
def close_abandoned_executions() -> int:
    """Fail executions whose run ended without writing its results, so that none runs for ever."""
    closed = in_transaction(lambda connection: store.close_abandoned_executions(connection, hours=STALE_AFTER_HOURS))
    if closed:
        log.warning("%d executions never ended and were closed as failed", closed)
    return closed


@task
def find_due_signals() -> list[dict[str, Any]]:
    """Arguments of ``start_signal``: one per signal whose latest slot has not been executed."""
    now = timezone.utcnow()
    due = []
    for signal in in_transaction(store.query_scheduled_signals):
        try:
            slot = Schedule.model_validate(signal["schedule"]).latest_slot(now)
        except ValidationError as error:
            log.error("Signal %s has an unusable schedule: %s", signal["id"], explain(error, Schedule))
            continue
        # A slot before the signal was stored is not missed, it never was.
        if slot is None or slot <= (signal["last_slot"] or signal["created_at"]):
            continue
        due.append({"signal_id": str(signal["id"]), "scheduled_for": slot.isoformat()})
    log.info("%d signals are due", len(due))
    return due


@task
def start_signal(signal_id: str, scheduled_for: str) -> None:
    """Trigger ``signal_execution`` for one slot of a signal; skipped when that slot has been triggered before.

    The run id is made of signal and slot, so that a slot is triggered once, whatever happens in between. The exception
    is how any task asks Airflow for a run; the operator that wraps it would load half of Airflow's core into every
    parse of the DAG file.
    """
    slot = datetime.fromisoformat(scheduled_for)
    run_id = f"signal_schedule__{signal_id}__{slot:%Y%m%dT%H%M%SZ}"
    show_as(run_id)
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
