"""Tries to tell another system of an execution: each is noted, and nobody fails because of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, text

from prospecting.hooks.execution_webhook import DeliveryNotes, tell
from prospecting.persistence.signals import find_execution
from prospecting.services.reports.report import Table
from prospecting.services.reports.signals import execution as report_of
from tests.db.factories import new_execution
from tests.stand_in.server import StandIn
from tests.stand_in.webhook_receiver import PATH, SECRET


@pytest.fixture(scope="module")
def server() -> Iterator[StandIn]:
    with StandIn() as stand_in:
        yield stand_in


@pytest.fixture
def receiver(server: StandIn, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    server.reset()
    connection = {"conn_type": "http", "host": f"{server.url}{PATH}?token=secret-token", "password": SECRET}
    monkeypatch.setenv("AIRFLOW_CONN_PROSPECTING_WEBHOOK", json.dumps(connection))
    return server


def noted(engine: Engine) -> list[tuple[Any, ...]]:
    with engine.connect() as connection:
        found = connection.execute(
            text(
                "select event, attempt, status_code, error_kind, delivered_at >= attempted_at "
                "from webhook_deliveries order by id"
            )
        )
        return [tuple(row) for row in found]


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ({}, [("finished", 1, 204, None, True)]),
        (
            {"status": 503, "times": 1},
            [("finished", 1, 503, "unavailable", None), ("finished", 2, 204, None, True)],
        ),
        ({"status": 410}, [("finished", 1, 410, "refused", None)]),
    ],
)
def test_every_try_is_noted_and_on_the_page_of_the_execution(
    engine: Engine, receiver: StandIn, fault: dict[str, Any], expected: list[tuple[Any, ...]]
) -> None:
    if fault:
        receiver.dial("webhook", **fault)
    with engine.begin() as connection:
        execution_id = new_execution(connection)
    data = {"execution_id": str(execution_id), "status": "completed"}
    tell("finished", data, note=DeliveryNotes(engine, None))
    assert noted(engine) == expected
    sent = {posted["headers"]["webhook-id"] for posted in receiver.requests("webhook")}
    with engine.begin() as connection:
        rows = connection.execute(text("select message_id, t::text from webhook_deliveries as t")).all()
        assert {row.message_id for row in rows} == sent
        assert "secret" not in str(rows)
        deliveries = report_of(connection, execution_id, rows=20).table("deliveries")
        assert isinstance(deliveries, Table)
        outcomes = [(row[2], row[4]) for row in deliveries.rows]
        assert outcomes == [(attempt, kind or "delivered") for _, attempt, _, kind, _ in reversed(expected)]

        connection.execute(text("delete from signal_executions"))
    assert noted(engine) == [], "they go with the execution"


def test_the_same_said_again_is_the_same_message(engine: Engine, receiver: StandIn) -> None:
    with engine.begin() as connection:
        execution_id = new_execution(connection)
    data = {"execution_id": str(execution_id), "percent": 10}
    for each in (data, dict(reversed(data.items())), data | {"percent": 20}):
        tell("progress", each, note=DeliveryNotes(engine, None))
    ids = [posted["headers"]["webhook-id"] for posted in receiver.requests("webhook")]
    assert ids[0] == ids[1] != ids[2]
    assert [row[1] for row in noted(engine)] == [1, 1, 1]


def test_nobody_answers_and_nothing_can_be_noted(
    engine: Engine, receiver: StandIn, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with engine.begin() as connection:
        execution_id = new_execution(connection)
    data = {"execution_id": str(execution_id)}
    with engine.begin() as locked:
        # Who waits for the table waits for no longer than a note may take; the delivery itself has been made.
        locked.execute(text("lock table webhook_deliveries in access exclusive mode"))
        monkeypatch.setattr("prospecting.hooks.execution_webhook.NOTE_SECONDS", 0.2)
        tell("started", data, note=DeliveryNotes(engine, None))
    assert len(receiver.requests("webhook")) == 1
    assert "could not be noted" in caplog.text
    gone = {"conn_type": "http", "host": "http://127.0.0.1:9/hook", "password": SECRET}
    monkeypatch.setenv("AIRFLOW_CONN_PROSPECTING_WEBHOOK", json.dumps(gone))
    monkeypatch.setattr("prospecting.hooks.execution_webhook.PAUSES", (0.0, 0.0))
    tell("finished", data, note=DeliveryNotes(engine, None))
    assert {row[2:4] for row in noted(engine)} == {(None, "unreachable")}
    with engine.connect() as connection:
        assert find_execution(connection, execution_id)["status"] == "running"
