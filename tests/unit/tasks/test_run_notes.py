"""The cause that a task leaves when it fails for good, for the note of its run and for messages to people."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowNotFoundException

from prospecting.agents.errors import AuthenticationFailed
from prospecting.tasks.defaults import default_args
from prospecting.tasks.run_notes import CAUSE_KEY


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (AirflowFailException("name: give one\n  or an id"), ["name: give one or an id"]),
        (AuthenticationFailed("The key of prospecting_llm is refused"), ["The key of prospecting_llm is refused"]),
        (AirflowNotFoundException("The conn_id `prospecting_llm` isn't defined"),
         ["The conn_id `prospecting_llm` isn't defined"]),
        (ValueError("jane@acme.com"), ["ValueError; the task's log says where"]),
        (AirflowFailException("x" * 900), ["x" * 499 + "…"]),
        (AirflowFailException(), ["AirflowFailException"]),
        ("set by a person", []),
        (None, []),
    ],
    ids=["refusal", "agent", "connection", "unexpected", "long", "silent", "by hand", "killed"],
)  # fmt: skip
def test_a_task_that_fails_leaves_the_cause_without_anybodys_data(error: Any, expected: list[str]) -> None:
    left: list[tuple[str, str]] = []
    ti = SimpleNamespace(xcom_push=lambda *, key, value: left.append((key, value)))
    default_args()["on_failure_callback"]({"ti": ti, "exception": error})
    assert left == [(CAUSE_KEY, text) for text in expected]
