"""What becomes of a deadline that is missed, as Airflow's triggerer does it."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import Any

import pytest
from airflow.sdk import DAG
from airflow.triggers.callback import CallbackTrigger

from prospecting.services.notifications import Kind
from prospecting.tasks.deadlines import missed, with_deadline

RUN = {
    "dag_id": "slot_evaluation",
    "dag_display_name": "Slot evaluation",
    "dag_run_id": "scheduled__2026-11-30T02:00:00+00:00",
    "state": "running",
    "conf": {"person": "Zelda Marker"},
}


def carried_out(state: str) -> list[Any]:
    """What the triggerer says of the callback, called by its path as Airflow stores it."""
    (alert,) = with_deadline(DAG("slot_evaluation", schedule=None), timedelta(hours=4)).deadline
    stored = alert.callback.serialize()
    context = {"dag_run": {**RUN, "state": state}, "deadline": {"id": "1", "deadline_time": "2026-11-30T06:00:00Z"}}
    trigger = CallbackTrigger(stored["path"], {**stored["kwargs"], "context": context})

    async def run() -> list[Any]:
        return [event.payload["state"] async for event in trigger.run()]

    return asyncio.run(run())


@pytest.mark.parametrize("state", ["queued", "running", "failed", "success"])
def test_whoever_cannot_be_told_costs_nothing(
    state: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A connection that leads nowhere.
    monkeypatch.setenv("AIRFLOW_CONN_PROSPECTING_SLACK", "slackwebhook://:x@127.0.0.1:9")
    with caplog.at_level(logging.WARNING):
        assert carried_out(state) == ["running", "success"]
    late = [record.getMessage() for record in caplog.records if record.name == "prospecting.tasks.deadlines"]
    expected = f"{RUN['dag_run_id']}: Slot evaluation is late: not done after 240 minutes"
    assert late == ([expected] if state in ("queued", "running") else [])
    assert "Zelda" not in caplog.text


def test_the_message_says_which_run_and_how_it_stands() -> None:
    message = missed(RUN, 240)
    assert message is not None
    assert message.kind is Kind.deadline
    assert message.title == "Slot evaluation is late: not done after 240 minutes"
    running, run = message.lines
    assert running.text == "It is still running."
    assert str(run.url).endswith("/dags/slot_evaluation/runs/scheduled__2026-11-30T02%3A00%3A00%2B00%3A00")
    assert missed({**RUN, "state": "failed"}, 240) is None
