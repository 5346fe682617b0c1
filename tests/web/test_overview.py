"""The first page: figures, what needs attention, charts; and what an empty product says."""

from __future__ import annotations

import re

import httpx
import psycopg
import pytest
from sqlalchemy import Engine, text

from tests.dags.runs import libpq
from tests.db.factories import add_companies, add_person, evaluate
from tests.web.airflow_rows import add_run, forget_runs
from tests.web.conftest import ApiServer

pytestmark = pytest.mark.airflow

_RUNS = """
    with s as (
        insert into signals (name, name_key, type, configuration)
        values ('Ruby <conferences>', 'ruby', 'conference', '{}'), ('Funding', 'funding', 'funding', '{}')
        returning id, name_key
    )
    insert into signal_executions (signal_id, status, configuration, stats, airflow_run_id, started_at, completed_at)
    select s.id, given.status, '{"budget": {"max_usd": "5"}}', cast(given.stats as jsonb), given.run,
           now() - given.ago, now() - given.ago + interval '90 seconds'
    from s
    join (values
        ('ruby', 'completed', '{"newCompanies": 7, "newContacts": 3}', 'first', interval '8 days'),
        ('ruby', 'completed', '{"newCompanies": 1, "newContacts": 0}', 'second', interval '1 hour'),
        ('funding', 'failed', '{"newCompanies": 0, "newContacts": 0}', 'manual__a+b', interval '2 hours'),
        ('funding', 'failed', null, 'fourth', interval '1 day')
    ) as given (name_key, status, stats, run, ago) on given.name_key = s.name_key"""
_CALLS = """
    insert into agent_calls (scope, agent, provider, request_key, request, status, cost_usd, started_at)
    select 'signal_execution:' || e.id, 'people', 'openai', 'k', '{}', 'failed', 1.25,
           -- Of this month, on its first day too.
           case e.airflow_run_id when 'second' then now() else e.started_at end
    from signal_executions as e where e.airflow_run_id in ('first', 'second')"""
_QUEUE = """
    update agent_routing_log set routed_at = now() - interval '3 days'"""


def words(answer: httpx.Response) -> str:
    """The text of a page."""
    assert answer.status_code == 200, answer.text
    without_drawings = re.sub(r"<svg.*?</svg>", " ", answer.text, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", without_drawings))


def test_an_empty_product_says_what_to_do(server: ApiServer, viewer: httpx.Client) -> None:
    forget_runs(server.metadata)
    page = viewer.get("/?fresh=1")
    said = words(page)
    assert "No signal has been executed yet" in said
    assert "/dags/signal_execution" in page.text
    assert "no company has been evaluated yet" in said
    assert "Nothing: no signal fails" in said
    assert "There is nothing to draw yet" in said


def test_figures_runs_and_what_needs_attention(viewer: httpx.Client, server: ApiServer, engine: Engine) -> None:
    with engine.begin() as connection:
        acme, _ = add_companies(connection, "Acme", "Globex")
        add_person(connection, acme, "Jane Roe", "CEO")
        evaluate(connection)
        for statement in (_RUNS, _CALLS, _QUEUE):
            connection.execute(text(statement))
    forget_runs(server.metadata)
    add_run(server.metadata, "slot_evaluation", "red", "failed")
    with psycopg.connect(libpq(server.metadata)) as metadata:
        metadata.execute(
            "insert into dag_run_note (dag_run_id, content, created_at, updated_at) "
            "select id, 'Failed at check_quality: <3 seats> do not add up', now(), now() from dag_run "
            "where run_id = 'red' and dag_id = 'slot_evaluation'"
        )
    page = viewer.get("/?fresh=1")
    said = words(page)
    assert "The last run of slot_evaluation failed" in said
    assert "Failed at check_quality: &lt;3 seats&gt; do not add up Its result" in said
    assert "US dollars of the signals that began on a day" in said
    add_run(server.metadata, "slot_evaluation", "green", "success")
    assert "The last run of slot_evaluation failed" not in words(viewer.get("/"))
    with engine.begin() as connection:
        connection.execute(text("update agent_calls set cost_usd = null, status = 'succeeded'"))
    assert "Spent this month unknown" in words(viewer.get("/?fresh=1"))
    with engine.begin() as connection:
        connection.execute(text("update agent_calls set cost_usd = 1.25"))
    assert re.search(r"Companies 2 \+2 in 7 days", said)
    assert re.search(r"CEO seats filled 50 % 1 of 2 filled, target 80 %", said)
    assert "Ruby &lt;conferences&gt;" in page.text
    assert "<conferences>" not in page.text
    assert re.search(r"Signal Funding failed 2 times in a row", said)
    assert "/prospecting/runs/signal_execution/manual__a%2Bb" in page.text
    assert "/dags/signal_execution/runs/manual__a%2Bb" in page.text
    assert re.search(r"requests for people wait, the oldest since", said)
    assert re.search(r"Ruby &lt;conferences&gt; completed [^$]+ 90 s 1 0 \$1\.25 \$5\.00", said), said
    assert "New companies per week, by signal" in said
    assert "US dollars per day, by provider" in said
    assert "<script" in page.text
    assert "window.pygal" not in page.text


def test_a_schedule_is_switched_on_by_who_may(server: ApiServer, user: httpx.Client, viewer: httpx.Client) -> None:
    assert user.post("/schedules", data={"dag_id": "signal_execution"}).status_code == 400
    assert (
        viewer.post("/schedules", data={"dag_id": "slot_evaluation"}, headers={"Origin": server.origin}).status_code
        == 403
    )
    assert (
        user.post(
            "/schedules", data={"dag_id": "slot_evaluation"}, headers={"Origin": "http://evil.example"}
        ).status_code
        == 403
    )
    answer = user.post("/schedules", data={"dag_id": "slot_evaluation"})
    assert answer.status_code == 303
    assert answer.headers["location"] == "/prospecting/"
