"""What a task takes from Airflow."""

from __future__ import annotations

import json
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import BaseHook, Connection
from sqlalchemy.engine import URL, make_url

from prospecting.hooks import prospecting as hooks
from prospecting.hooks.prospecting import ProspectingHook
from prospecting.persistence.database import TaskAttempt


def context(**changes: Any) -> Any:
    ti = {"dag_id": "d", "run_id": "r", "task_id": "t", "map_index": 2, "try_number": 3, "max_tries": 3} | changes
    return {"ti": SimpleNamespace(**ti), "task": SimpleNamespace(execution_timeout=timedelta(minutes=2))}


@pytest.fixture
def made_url(monkeypatch: pytest.MonkeyPatch) -> list[URL]:
    """The URLs engines are asked for."""
    urls: list[URL] = []
    monkeypatch.setattr(hooks, "engine_for", urls.append)
    return urls


@pytest.mark.parametrize(
    ("fields", "url"),
    [
        (
            {"host": "db", "port": 5433, "login": "u", "password": "p@:/", "schema": "app"},
            "postgresql+psycopg://u:p%40%3A%2F@db:5433/app",
        ),
        ({"host": "", "schema": "app"}, "postgresql+psycopg:///app"),
        ({"host": "/var/run/postgresql", "schema": "app"}, "postgresql+psycopg:///app?host=%2Fvar%2Frun%2Fpostgresql"),
        (
            {
                "host": "db",
                "schema": "app",
                "extra": {"sslmode": "require", "connect_timeout": 5, "sqlalchemy_query": {}},
            },
            "postgresql+psycopg://db/app?connect_timeout=5&sslmode=require",
        ),
        ({"host": "::1", "schema": "app"}, "postgresql+psycopg://[::1]/app"),
    ],
    ids=["everything", "local socket", "a socket's folder", "extras", "IPv6"],
)
def test_the_application_database_is_an_airflow_connection(
    monkeypatch: pytest.MonkeyPatch, made_url: list[URL], fields: dict[str, Any], url: str
) -> None:
    extra = json.dumps(fields.pop("extra", {}))
    connection = Connection(conn_id="prospecting_db", conn_type="postgres", extra=extra, **fields)
    monkeypatch.setattr(BaseHook, "get_connection", staticmethod(lambda connection_id: connection))
    _ = ProspectingHook().engine
    assert made_url == [make_url(url)]


def test_another_kind_of_database_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    connection = Connection(conn_id="prospecting_db", conn_type="mysql", password="hush")
    monkeypatch.setattr(BaseHook, "get_connection", staticmethod(lambda connection_id: connection))
    with pytest.raises(ValueError, match="it must be postgres") as refusal:
        _ = ProspectingHook().engine
    assert "hush" not in str(refusal.value)


@pytest.mark.parametrize(("map_index", "noted"), [(2, 2), (-1, -1), (None, -1)])
def test_who_writes(map_index: int | None, noted: int) -> None:
    assert hooks.current_attempt(context(map_index=map_index)) == TaskAttempt("d", "r", "t", noted, 3)


@pytest.mark.parametrize(("try_number", "last"), [(1, False), (3, False), (4, True)])
def test_the_last_try_is_the_one_after_all_retries(try_number: int, last: bool) -> None:
    assert hooks.is_last_try(context(try_number=try_number, max_tries=3)) is last


def test_a_query_may_take_as_long_as_its_task() -> None:
    assert hooks.statement_timeout_seconds(context()) == 120
    without: Any = context() | {"task": SimpleNamespace(execution_timeout=None)}
    assert hooks.statement_timeout_seconds(without) is None
