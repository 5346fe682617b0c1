"""What the tasks of every DAG share."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pendulum
import pytest
from airflow.sdk import DAG
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from airflow.sdk.execution_time import task_runner
from airflow.sdk.execution_time.context import set_current_context
from hypothesis import example, given
from hypothesis import strategies as st

from prospecting.agents.errors import AgentUnavailable, AuthenticationFailed
from prospecting.tasks.first_task import first_task
from prospecting.tasks.runs import (
    MOST_MAPPED,
    announce,
    chunk_size_for,
    fail_unless_opened,
    literal,
    skip_unless_opened,
    where_it_began,
)

ENVIRONMENT = DAG("d", schedule=None, start_date=pendulum.datetime(2026, 1, 1, tz="UTC")).get_template_env()


@given(st.text(st.characters(exclude_categories=["Cs"])))
@example("{{ conn.prospecting_db.password }}")
@example("{% raw %}{{ 6 * 7 }}{% endraw %}")
@example('"}} {{ 6 * 7 }} {{ "')
@example('{# no comment #} \\" \\n \n\t 👩🏽‍🚀 \x00 \u2028')
@example("St. Mary's \\")
def test_a_literal_renders_to_its_text(text: str) -> None:
    assert ENVIRONMENT.from_string(literal(text)).render() == text


@pytest.mark.parametrize(
    ("total", "wanted", "size"),
    [(0, 10, 10), (10 * MOST_MAPPED, 10, 10), (10 * MOST_MAPPED + 1, 10, 11), (5_000_000, 50_000, 50_000)],
)
def test_chunks_grow_when_there_would_be_too_many(total: int, wanted: int, size: int) -> None:
    assert chunk_size_for(total, wanted) == size
    assert -(-total // size) <= MOST_MAPPED


def test_what_was_not_opened_is_skipped_or_fails() -> None:
    skip_unless_opened(0, "evaluation", "start_evaluation")
    fail_unless_opened(0, "evaluation", "start_evaluation")
    with pytest.raises(AirflowSkipException, match="No evaluation was opened: see the log of start_evaluation"):
        skip_unless_opened(None, "evaluation", "start_evaluation")
    with pytest.raises(AirflowFailException, match="No evaluation was opened: see the log of start_evaluation"):
        fail_unless_opened(None, "evaluation", "start_evaluation")


def test_nothing_is_not_announced() -> None:
    assert announce(3, "Nothing was written") == 3
    with pytest.raises(AirflowSkipException, match="Nothing was written"):
        announce(0, "Nothing was written")


@pytest.mark.parametrize(
    ("states", "said"),
    [
        ({}, ""),
        ({"start": "success", "find_people_0": "skipped"}, ""),
        (
            {"summarize": "failed", "find_people_17": "failed", "plan": "upstream_failed"},
            "; find_people failed first, ",
        ),
        ({"find_2": "failed", "summarize": "failed"}, "; find_2 failed first, "),
    ],
)
def test_the_first_task_that_failed_is_named(states: dict[str, str], said: str) -> None:
    order = [SimpleNamespace(task_id=task_id) for task_id in ("start", "plan", "find_2", "find_people", "summarize")]
    ti = SimpleNamespace(dag_id="a", run_id="r", get_task_states=lambda **_: {"r": states})
    context: Any = {"ti": ti, "task": SimpleNamespace(dag=SimpleNamespace(topological_sort=lambda: order))}
    with set_current_context(context):
        assert where_it_began().startswith(said)
        assert bool(where_it_began()) == bool(said)


@pytest.mark.parametrize(
    ("error", "raised", "skips"),
    [
        (AirflowFailException("no"), AirflowFailException, True),
        (AuthenticationFailed("no key"), AirflowFailException, True),
        (AgentUnavailable("later"), AgentUnavailable, False),
        (RuntimeError("a bug"), RuntimeError, False),
    ],
)
def test_a_first_task_that_refuses_skips_the_rest(
    monkeypatch: pytest.MonkeyPatch, error: Exception, raised: type[Exception], skips: bool
) -> None:
    told: list[Any] = []
    monkeypatch.setattr(
        task_runner, "SUPERVISOR_COMMS", SimpleNamespace(send=lambda msg: told.append(msg)), raising=False
    )

    @first_task
    def start() -> None:
        raise error

    after = {"params_accepted", "plan", "summarize"}
    context: Any = {"task": SimpleNamespace(get_flat_relative_ids=lambda upstream: after)}
    with set_current_context(context), pytest.raises(raised, match=str(error)):
        start()
    assert [message.tasks for message in told] == ([["plan", "summarize"]] if skips else [])
    assert start.__name__ == "start"
