"""Tasks that fill seats and are killed as Airflow kills them: SIGTERM first, and SIGKILL five seconds later."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.engine import URL

from prospecting.persistence.slot_requests import Queue, count_claimable
from tests.dags.filling import OTHERS, asked_about, promoted, queue, queued, wait_for
from tests.dags.runs import ROOT, Airflow, clean_environment, connection_variables, libpq
from tests.dags.test_standalone import Api, airflow_up
from tests.stand_in.server import StandIn

DAG: dict[str, Any] = {"dag_id": "slot_backfill"}
CONF = {"providers": ["live"], "lease_seconds": 600}


def claimable(engine: Engine) -> int:
    with engine.connect() as connection:
        return count_claimable(connection, Queue())


def holds_nothing(engine: Engine) -> bool:
    return queued(engine, "running") == []


def was_put_back(engine: Engine, companies: int) -> None:
    """So many companies' requests wait, as if nobody had ever claimed them, and no attempt is counted."""
    waiting = queued(engine, "queued")
    assert len(waiting) == claimable(engine) == 3 * companies
    assert {(row["claimed_by"], row["lease_expires_at"], row["error_message"]) for row in waiting} == {
        (None, None, "Put back: killed")
    }


@pytest.mark.airflow
@pytest.mark.xdist_group("dag-runs")
def test_a_killed_process_holds_nothing(airflow: Airflow, engine: Engine, stand_in: StandIn) -> None:
    """While the answer is outstanding: the handler runs in the middle of waiting for it, and nothing after it does."""
    queue(engine, *OTHERS[:2])
    stand_in.dial("llm", skip=2, delay=300)
    airflow.start(CONF, **DAG)
    wait_for(lambda: len(asked_about(stand_in)) == 2, "the second company is asked about")
    driver = airflow.drivers.take()
    assert driver.process.pid
    os.kill(driver.process.pid, signal.SIGTERM)
    wait_for(lambda: holds_nothing(engine), "the requests are put back")
    was_put_back(engine, companies=1)
    driver.kill()
    stand_in.dial("llm")
    assert airflow.run(CONF, **DAG).state == "success"
    assert asked_about(stand_in) == ["Alder Works", "Birch Works", "Birch Works"]
    promoted(engine, 2)


@pytest.mark.airflow
@pytest.mark.xdist_group("dag-runs")
def test_a_process_that_survives_its_killing_saves_nothing(airflow: Airflow, engine: Engine, stand_in: StandIn) -> None:
    """The answer comes after the requests went back. The next try is given it by the ledger, and promotes once."""
    queue(engine, *OTHERS[:2])
    stand_in.dial("llm", skip=2, delay=10, times=1)
    airflow.start(CONF, **DAG)
    wait_for(lambda: len(asked_about(stand_in)) == 2, "the second company is asked about")
    driver = airflow.drivers.take()
    assert driver.process.pid
    os.kill(driver.process.pid, signal.SIGTERM)
    wait_for(lambda: holds_nothing(engine), "the requests are put back")
    was_put_back(engine, companies=1)
    run = airflow.finish()
    assert "The task was killed while it filled seats; 0 more requests were put back" in run.log
    assert (run.state, run.tries("work_requests")) == ("success", [2])
    assert asked_about(stand_in) == ["Alder Works", "Birch Works"]
    promoted(engine, 2)


@pytest.mark.airflow
@pytest.mark.xdist_group("standalone")
def test_marked_as_failed_in_airflow_a_task_holds_nothing(
    tmp_path: Path, scheduler_metadata: URL, database_url: str, engine: Engine, stand_in_server: StandIn
) -> None:
    """Scheduler, worker and supervisor are real: a person marks the task as failed, and Airflow does the rest."""
    queue(engine, *OTHERS[:2])
    stand_in_server.reset()
    stand_in_server.dial("llm", skip=2, delay=600)
    root = tmp_path / "bundle"
    shutil.copytree(ROOT / "scripts", root / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    (root / "dags").mkdir()
    shutil.copy(ROOT / "dags" / "slot_backfill.py", root / "dags")
    for name in ("plugins", "migrations", "include", "alembic.ini"):
        (root / name).symlink_to(ROOT / name)
    variables = (
        clean_environment()
        | connection_variables(stand_in_server.url)
        | {
            "PROSPECTING_DB_URL": libpq(database_url),
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": scheduler_metadata.set(
                drivername="postgresql+psycopg2"
            ).render_as_string(hide_password=False),
        }
    )
    with airflow_up(root, variables) as (port, _):
        api = Api(port)
        api.log_in("admin")
        api.wait_for("/api/v2/dags/slot_backfill/details", "dag_id", {"slot_backfill"}, 60)
        runs = "/api/v2/dags/slot_backfill/dagRuns"
        assert api.call("POST", runs, {"dag_run_id": "first", "logical_date": None, "conf": CONF})[0] == 200
        wait_for(lambda: len(asked_about(stand_in_server)) == 2, "the second company is asked about")
        assert len(queued(engine, "running")) == 3
        task = f"{runs}/first/taskInstances/work_requests/0"
        assert api.call("PATCH", task, {"new_state": "failed"})[0] == 200
        wait_for(lambda: holds_nothing(engine), "the requests are put back")
        was_put_back(engine, companies=1)
        assert api.wait_for(f"{runs}/first", "state", {"success", "failed"}, 90)["state"] == "failed"

        stand_in_server.dial("llm")
        assert api.call("POST", runs, {"dag_run_id": "second", "logical_date": None, "conf": CONF})[0] == 200
        assert api.wait_for(f"{runs}/second", "state", {"success", "failed"}, 90)["state"] == "success"
    promoted(engine, 2)
