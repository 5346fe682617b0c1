"""What the tasks of every DAG share."""

from __future__ import annotations

import pendulum
import pytest
from airflow.sdk import DAG
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from hypothesis import example, given
from hypothesis import strategies as st

from prospecting.tasks.runs import (
    MOST_MAPPED,
    announce,
    chunk_size_for,
    fail_unless_opened,
    literal,
    skip_unless_opened,
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
