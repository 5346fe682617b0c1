"""
### The seats of hospitals, every night

Another team's DAG: `EvaluateSlotsOperator` for one industry, with a notifier that speaks up when it fails. Without an
`evaluation_id` the operator opens an evaluation of its own, works through its companies in chunks, and closes it.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pendulum
from airflow.sdk import BaseNotifier, CronTriggerTimetable, dag

from prospecting.operators.slots import EvaluateSlotsOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

log = logging.getLogger(__name__)


class LogNotifier(BaseNotifier):
    """Stands for a team's own way to be told; those of Airflow's providers (Slack, e-mail ...) are used alike."""

    template_fields = ("message",)

    def __init__(self, *, message: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.message = message

    def notify(self, context: Context) -> None:
        log.error("%s", self.message)


@dag(
    dag_id="hospital_seats_nightly",
    doc_md=__doc__,
    schedule=CronTriggerTimetable("30 2 * * *", timezone="UTC"),
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    tags=["example"],
)
def hospital_seats_nightly() -> None:
    EvaluateSlotsOperator(
        task_id="evaluate_hospital_seats",
        industry="hospital",
        slot_types=["CEO", "CFO"],
        on_failure_callback=LogNotifier(message="The seats of hospitals were not evaluated: {{ run_id }}"),
    )


hospital_seats_nightly()
