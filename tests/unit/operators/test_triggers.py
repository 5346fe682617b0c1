"""Triggers: importable in the triggerer, no secret in what Airflow stores of them, and always ending in an event."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from prospecting.agents.parallel import DeepResearchError, ParallelClient, ParallelSettings
from prospecting.operators.triggers import ResearchTrigger, rebuild_error
from tests.stand_in.server import StandIn

pytestmark = pytest.mark.airflow

ROOT = Path(__file__).resolve().parents[3]
KEY = "parallel-key-55d0f2"


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    with StandIn() as server:
        connection = {"conn_type": "generic", "host": server.url, "password": KEY, "extra": {"poll_delays": [0.01]}}
        monkeypatch.setenv("AIRFLOW_CONN_PROSPECTING_PARALLEL", json.dumps(connection))
        yield server


def create(stand_in: StandIn) -> str:
    settings = ParallelSettings(api_key=KEY, base_url=stand_in.url)
    return ParallelClient(settings).create("What do they sell?", "pro", {}).run_id


def event(run_id: str, cap_seconds: float = 20, **options: Any) -> dict[str, Any]:
    """The event of a trigger that was rebuilt from what Airflow stores of it."""
    claimed = {"prospecting_conn_id": "prospecting_db", "pipeline_run_id": "r", "claim": "c"}
    trigger = ResearchTrigger(run_id, "prospecting_parallel", cap_seconds, **options, claimed=claimed)
    name, arguments = trigger.serialize()
    assert name == "prospecting.operators.triggers.ResearchTrigger"
    assert arguments["claimed"] == claimed
    assert KEY not in json.dumps(arguments)

    async def first() -> Any:
        return (await anext(ResearchTrigger(**arguments).run())).payload

    found: dict[str, Any] = asyncio.run(first())
    json.dumps(found)
    return found


@pytest.mark.parametrize("status", ["completed", "failed", "cancelled"])
def test_it_says_how_a_run_ended(stand_in: StandIn, status: str) -> None:
    stand_in.script("parallel", {"status": status, "polls": 3})
    run_id = create(stand_in)
    assert event(run_id) == {"run_id": run_id, "status": status}
    assert len(stand_in.requests("parallel")) == 4


def test_it_gives_up_at_its_cap_and_says_so(stand_in: StandIn) -> None:
    stand_in.script("parallel", {"seconds": 600, "polls": 1})
    run_id = create(stand_in)
    said = event(run_id, 0.1, poll_interval=0.04)
    error = rebuild_error(said["error"])
    assert isinstance(error, DeepResearchError)
    assert (error.code, error.phase, error.kind, error.retryable) == ("poll_timeout", "status", "timeout", False)
    assert run_id in str(error)


def test_trouble_with_the_connection_is_an_event_too(stand_in: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = create(stand_in)
    stand_in.dial("parallel_status", status=401)
    error = event(run_id)["error"]
    assert (error["phase"], error["kind"], error["http_status"]) == ("status", "authentication", 401)
    assert KEY not in error["message"]
    monkeypatch.setenv("AIRFLOW_CONN_PROSPECTING_PARALLEL", json.dumps({"conn_type": "generic"}))
    assert event(run_id)["error"]["code"] == "missing_parallel_api_key"
    monkeypatch.delenv("AIRFLOW_CONN_PROSPECTING_PARALLEL")
    assert event(run_id)["error"]["code"] == "missing_parallel_api_key"


def test_the_triggerer_can_import_it() -> None:
    """It reads no DAG bundle: only the plugins folder is on its path."""
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from airflow.sdk.module_loading import import_string; "
            "print(import_string('prospecting.operators.triggers.ResearchTrigger').__name__)",
        ],
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT / "plugins"), "HOME": str(ROOT / ".local")},
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip().endswith("ResearchTrigger"), done.stderr[-1500:]
