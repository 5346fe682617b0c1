"""The whole of Airflow as `make up` starts it: scheduler, workers, API with users, and the DAGs in it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.engine import URL

from tests.dags.runs import ROOT, clean_environment, libpq

pytestmark = [pytest.mark.airflow, pytest.mark.xdist_group("standalone")]

CONF = {
    "name": "Who sponsors Rails World",
    "event_keywords": ["Rails World"],
    "date_from": "2024-01-01",
    "date_to": "2024-12-31",
    "limits": {"max_companies": 3},
}


class Api:
    """Airflow's REST API; without a token until ``log_in``."""

    def __init__(self, port: int) -> None:
        self._base = f"http://127.0.0.1:{port}"
        self._headers = {"Content-Type": "application/json"}
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def log_in(self, user: str) -> None:
        status, answer = self.call("POST", "/auth/token", {"username": user, "password": user})
        assert status == 201
        self._headers["Authorization"] = f"Bearer {answer['access_token']}"

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, Any]:
        """(status, JSON)."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._base + path, data, self._headers, method=method)
        try:
            with self._opener.open(request, timeout=30) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"null")

    def wait_for(self, path: str, field: str, values: set[str], seconds: float) -> Any:
        """The answer of ``path`` once ``field`` is one of ``values``."""
        deadline = time.monotonic() + seconds
        while True:
            status, answer = self.call("GET", path)
            if status == 200 and answer.get(field) in values:
                return answer
            assert time.monotonic() < deadline, f"{path}: {status} {answer}"
            time.sleep(0.5)


@contextmanager
def airflow_up(root: Path, variables: dict[str, str]) -> Iterator[tuple[int, psutil.Process]]:
    """All of Airflow on a free port, stopped by SIGINT as Ctrl-C does; (port, the command's process)."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "scripts.up", "--port", str(port)],
        cwd=root,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    watchdog = threading.Timer(180, process.kill)
    watchdog.start()
    try:
        assert process.stdout is not None
        shown = ""
        for line in process.stdout:
            shown += line
            if "Ctrl-C stops it" in line:
                break
        assert "Airflow is up" in shown, shown
        yield port, psutil.Process(process.pid)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.communicate(timeout=60)
        finally:
            watchdog.cancel()
            if process.poll() is None:
                process.kill()
                process.wait()


def test_triggering_a_dag_in_a_running_airflow(
    tmp_path: Path, scheduler_metadata: URL, database_url: str, engine: Engine
) -> None:
    root = tmp_path / "bundle"
    shutil.copytree(ROOT / "scripts", root / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    # The nightly ones would run at once, for the night that was missed.
    (root / "dags").mkdir()
    shutil.copy(ROOT / "dags" / "signal_execution.py", root / "dags")
    for name in ("plugins", "migrations", "include", "alembic.ini"):
        (root / name).symlink_to(ROOT / name)
    variables = clean_environment() | {
        "PROSPECTING_DB_URL": libpq(database_url),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": scheduler_metadata.set(
            drivername="postgresql+psycopg2"
        ).render_as_string(hide_password=False),
    }
    with airflow_up(root, variables) as (port, command):
        api = Api(port)
        assert api.call("GET", "/api/v2/dags")[0] == 401
        assert api.call("POST", "/api/v2/dags/signal_execution/dagRuns", {"conf": CONF})[0] == 401
        assert api.call("POST", "/auth/token", {"username": "admin", "password": "wrong"})[0] == 401

        viewer = Api(port)
        viewer.log_in("viewer")
        api.log_in("admin")
        details = api.wait_for("/api/v2/dags/signal_execution/details", "dag_id", {"signal_execution"}, 60)
        assert details["is_paused"] is False
        assert details["params"]["event_keywords"]["schema"]["items"]["type"] == "string"
        assert details["params"]["name"]["schema"]["title"] == "Name"
        assert details["doc_md"].strip().startswith("### Signal execution")
        assert api.call("GET", "/api/v2/importErrors")[1]["total_entries"] == 0
        pools = {pool["name"] for pool in api.call("GET", "/api/v2/pools")[1]["pools"]}
        assert pools >= {"agents", "database"}

        runs = "/api/v2/dags/signal_execution/dagRuns"
        trigger = {"dag_run_id": "by_hand", "logical_date": None, "conf": CONF}
        assert viewer.call("POST", runs, trigger)[0] == 403
        status, refusal = api.call("POST", runs, trigger | {"conf": CONF | {"min_attendees": -1}})
        assert status == 400
        assert "min_attendees" in str(refusal) or "-1" in str(refusal)
        assert api.call("GET", f"{runs}/by_hand")[0] == 404

        assert api.call("POST", runs, trigger)[0] == 200
        run = api.wait_for(f"{runs}/by_hand", "state", {"success", "failed"}, 180)
        tasks = api.call("GET", f"{runs}/by_hand/taskInstances")[1]["task_instances"]
        assert run["state"] == "success", [(task["task_id"], task["state"]) for task in tasks]
        labels = {task["task_id"]: task["rendered_map_index"] for task in tasks if task["map_index"] >= 0}
        assert labels == {
            "discover": "Rails World",
            "extract_sponsors": "events 1-1 of 1",
            "find_people": "companies 1-3 of 3",
        }

        family = command.children(recursive=True)

    with engine.connect() as connection:
        (execution,) = connection.execute(text("select status, airflow_run_id, stats from signal_executions"))
        assert (execution.status, execution.airflow_run_id) == ("completed", "by_hand")
        assert (
            execution.stats["companiesFound"] == connection.execute(text("select count(*) from companies")).scalar_one()
        )
        tries = connection.execute(text("select distinct task_id from task_attempts")).scalars().all()
        assert {"start_execution", "discover", "extract_sponsors"} <= set(tries)

    assert len(family) >= 4
    assert [process for process in family if process.is_running()] == []
    assert not [process for process in psutil.process_iter() if _works_in(process, root)]


def _works_in(process: psutil.Process, root: Path) -> bool:
    """Whether a process of this user was started for the checkout at ``root``."""
    try:
        return bool(process.pid != os.getpid() and process.cwd() == str(root))
    except (psutil.Error, OSError):
        return False
