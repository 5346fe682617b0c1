"""A run whose first task failed has nothing to sum up, and says so instead of adding up zeros."""

from __future__ import annotations

import importlib
import inspect
import logging

import pytest
from airflow.sdk.exceptions import AirflowFailException

from tests.dags.runs import TaskCaller
from tests.dags.test_integrity import DAG_IDS

SUMMARIES = [
    (dag_id, name)
    for dag_id in DAG_IDS
    for name in vars(importlib.import_module(f"prospecting.tasks.{dag_id}"))
    if name.startswith("summarize_")
]


def test_all_summaries_are_known() -> None:
    assert {dag_id for dag_id, _ in SUMMARIES} == set(DAG_IDS) - {"news_digest", "signal_schedule"}


@pytest.mark.parametrize(("dag_id", "name"), SUMMARIES)
def test_after_a_failed_start_there_is_no_summary(
    call: TaskCaller, caplog: pytest.LogCaptureFixture, dag_id: str, name: str
) -> None:
    summarize = getattr(importlib.import_module(f"prospecting.tasks.{dag_id}"), name)
    caplog.set_level(logging.INFO, "prospecting")
    with pytest.raises(AirflowFailException, match="see the log of"):
        call(summarize, *[None for _ in inspect.signature(summarize.function).parameters], dag_id=dag_id)
    assert caplog.messages == []
