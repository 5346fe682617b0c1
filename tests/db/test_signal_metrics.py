"""The views of what signals, executions and calls to agents bring."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Engine, text

from prospecting.persistence.access import act_as_reader
from prospecting.persistence.rejected_records import RejectedRow, record_rejected
from tests.db.test_findings_in_order import ManyAnswers
from tests.db.test_past_executions import change, ended


def one(connection: Connection, view: str, where: str = "true") -> Any:
    return connection.execute(text(f"select * from {view} where {where}")).one()


def test_the_figures_of_an_execution_its_signal_and_its_calls(engine: Engine) -> None:
    _, execution = ended(engine, ManyAnswers())
    with engine.begin() as connection:
        losses = [RejectedRow(stage, "person", "any", str(n)) for n, stage in enumerate(("parse", "save", "save"))]
        record_rejected(connection, execution.id, losses)
        connection.execute(
            text(
                "insert into agent_calls (scope, agent, provider, request_key, request, status, error_kind, latency_ms)"
                " select 'x', 'people', 'llm', n::text, '{}', 'failed', 'rate_limited', 100 * n"
                " from generate_series(1, 20) as n"
            )
        )
    change(engine, "update signal_executions set completed_at = started_at + interval '90 seconds'")
    with engine.begin() as connection:
        act_as_reader(connection)
        figures = one(connection, "execution_metrics")
        signal = one(connection, "signal_metrics")
        failed = one(connection, "agent_call_metrics", "status = 'failed'")
        answered = connection.execute(
            text("select sum(calls) from agent_call_metrics where status = 'succeeded'")
        ).scalar_one()
        asked = connection.execute(text("select count(*) from execution_questions")).scalar_one()
        companies = connection.execute(
            text("select count(*) from execution_questions where stage = 'find_people'")
        ).scalar_one()
    assert (figures.execution_id, figures.status, figures.seconds) == (execution.id, "completed", 90)
    assert (figures.events, figures.questions, figures.answered) == (7, asked, asked)
    assert figures.persons_per_company == round(Decimal(figures.persons) / companies, 2) > 0
    records = figures.events + figures.companies + figures.persons
    assert (figures.unreadable, figures.unsaved, figures.agent_failures) == (1, 2, 0)
    read = records + 2 + figures.filtered
    assert figures.parse_success_percent == round(Decimal(100) * read / (read + 1), 2)
    assert figures.save_success_percent == round(Decimal(100) * records / (records + 2), 2)
    assert (signal.executions, signal.succeeded, signal.failed, signal.seconds_per_execution) == (1, 1, 0, 90)
    assert (signal.events_per_execution, signal.companies_per_execution) == (7, figures.companies)
    assert answered == asked
    assert (failed.error_kind, failed.calls, failed.average_ms) == ("rate_limited", 20, 1050)
    assert (failed.p95_ms, failed.longest_ms) == (1905, 2000)
