"""The worker that fills seats is killed in a running Airflow: scheduler, executor and supervisor are the real ones."""

from __future__ import annotations

import shutil
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import psutil  # type: ignore[import-untyped]
from sqlalchemy.engine import URL

from chaos.faults import Story
from chaos.place import DATABASE, Place
from chaos.scenarios import SCENARIOS
from chaos.trials import Outcome, Plan, Trials
from tests.dags.runs import ROOT, clean_environment, connection_variables, libpq
from tests.dags.test_standalone import Api, airflow_up

FAULT = "worker killed under make up"
_DAG_ID = "slot_backfill"
_BOOT, _RUN = 180.0, 300.0
SOON = {
    # Airflow notices after five minutes that a task gives no sign of life, and looks every ten seconds.
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "15",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "3",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_SEC": "3",
}


def carry_out(trials: Trials, place: Place, metadata: URL, seed: int) -> Outcome:
    """Two workers are killed while they ask; Airflow does the rest. Takes two minutes, most of them waiting."""
    began = time.monotonic()
    scenario = SCENARIOS[_DAG_ID]
    plan = Plan(0, seed, _DAG_ID, FAULT, triggers_again=False)
    quiet = trials.quiet(scenario)
    place.begin(scenario)
    story = Story(place, quiet, place.new_run(scenario), plan.random, scenario.asks)
    outcome = Outcome(plan, story.hits)
    variables = {
        **clean_environment(),
        **connection_variables(place.stand_in.url),
        **SOON,
        "PROSPECTING_DB_URL": libpq(place.server.url.set(database=DATABASE)),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": metadata.set(drivername="postgresql+psycopg2").render_as_string(
            hide_password=False
        ),
    }
    root = _checkout(place.folder / "checkout")
    with airflow_up(root, variables) as up:
        api = Api(up.port)
        api.log_in("admin", root)
        runs = f"/api/v2/dags/{_DAG_ID}/dagRuns"
        api.wait_for(f"/api/v2/dags/{_DAG_ID}/details", "dag_id", {_DAG_ID}, _BOOT)
        place.stand_in.dial("llm", delay=0.5)
        api.call("POST", runs, {"dag_run_id": "hit", "logical_date": None, "conf": dict(scenario.conf)})
        for number in (3, 9):
            _kill_whoever_asks(story, up.process, place, number)
        state = api.wait_for(f"{runs}/hit", "state", {"success", "failed"}, _RUN)["state"]
        if state != "success":
            outcome.problem = f"the run ended as {state}"
    trials.judge(outcome, story, scenario, [story.run])
    outcome.seconds = time.monotonic() - began
    return outcome


def _checkout(root: Path) -> Path:
    """A bundle with this DAG alone: the nightly ones would run at once, for the night that was missed."""
    shutil.copytree(ROOT / "scripts", root / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    (root / "dags").mkdir()
    shutil.copy(ROOT / "dags" / f"{_DAG_ID}.py", root / "dags")
    for name in ("plugins", "migrations", "include", "alembic.ini"):
        (root / name).symlink_to(ROOT / name)
    return root


def _kill_whoever_asks(story: Story, first: psutil.Process, place: Place, number: int) -> None:
    """SIGKILL for the process that waits for the answer to question ``number``, and for the worker it belongs to."""
    deadline = time.monotonic() + _RUN
    port = urlsplit(place.stand_in.url).port
    while time.monotonic() < deadline:
        if len(place.stand_in.requests("llm")) >= number:
            for process in first.children(recursive=True):
                with suppress(psutil.Error):
                    if any(c.raddr and c.raddr.port == port for c in process.net_connections("tcp")):
                        worker = process.parent()
                        process.kill()
                        worker.kill()
                        story.hit("worker killed")
                        return
        time.sleep(0.05)
