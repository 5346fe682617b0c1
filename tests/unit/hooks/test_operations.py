"""Where other operations are asked, from their connection."""

from __future__ import annotations

import json
from typing import Any

import pytest
from airflow.sdk import BaseHook, Connection
from airflow.sdk.exceptions import AirflowNotFoundException
from sqlalchemy import create_engine

from prospecting.agents.errors import AuthenticationFailed, Misconfigured
from prospecting.agents.ledger import Budget
from prospecting.hooks.operations import OperationsHook, operations_settings_from
from prospecting.services.runtime import Runtime

NOWHERE = Runtime(create_engine("postgresql+psycopg://nobody@127.0.0.1:9/none"))


def connection(**fields: Any) -> Connection:
    extra = fields.pop("extra", {})
    return Connection(**{"conn_id": "x", "conn_type": "generic", **fields}, extra=json.dumps(extra))


def test_settings_of_operations_come_from_the_connection() -> None:
    settings = operations_settings_from(
        connection(
            conn_id="prospecting_operations",
            host="https://ops.example/v1",
            password="ops-key",
            extra={"timeout_seconds": "20", "usd_per_call": "0.01"},
        )
    )
    assert (settings.base_url, settings.api_key, settings.timeout_seconds) == ("https://ops.example/v1", "ops-key", 20)
    assert str(settings.usd_per_call) == "0.01"
    assert "ops-key" not in repr(settings)
    address = {"conn_id": "prospecting_operations", "host": "https://ops.example/v1"}
    empty = operations_settings_from(connection(**address, extra={"timeout_seconds": None, "usd_per_call": None}))
    assert empty == operations_settings_from(connection(**address)), "as a form stores fields left empty"


def test_operations_have_no_usual_address() -> None:
    with pytest.raises(Misconfigured, match="prospecting_operations has no host"):
        operations_settings_from(connection(conn_id="prospecting_operations", password="key"))


def test_operations_without_a_connection_name_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def look_up(connection_id: str) -> Connection:
        raise AirflowNotFoundException(connection_id)

    monkeypatch.setattr(BaseHook, "get_connection", staticmethod(look_up))
    with pytest.raises(AuthenticationFailed, match="need the Airflow connection prospecting_operations "):
        OperationsHook().ledger(NOWHERE, scope="x", budget=Budget())
