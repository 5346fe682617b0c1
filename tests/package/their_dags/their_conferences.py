"""Another team's DAG, in a folder of its own: a task of theirs finds conferences, our operators save them and more."""

from __future__ import annotations

import pendulum
from airflow.sdk import dag, task

from prospecting.operators.signals import SaveEventsOperator, SaveSponsorsOperator


@dag(schedule=None, start_date=pendulum.datetime(2026, 1, 1, tz="UTC"), catchup=False)
def their_conferences() -> None:
    @task
    def ask_our_model() -> str:
        return 'Sure, here it is:\n```json\n[{"name": "PyCon Elsewhere", "start_date": "2031-05-02"}]\n```'

    @task
    def first(saved: dict[str, list[int]]) -> int:
        return saved["event_ids"][0]

    events = SaveEventsOperator(task_id="save_events", answer=ask_our_model(), source_system="their_model")
    SaveSponsorsOperator(
        task_id="save_sponsors",
        answer=[{"name": "Elsewhere Ltd", "website": "https://elsewhere.example", "tier": "Gold"}],
        event_id=first(events.output),
        source_system="their_model",
    )


their_conferences()
