"""Tasks that fill seats and are killed as Airflow kills them: SIGTERM first, and SIGKILL five seconds later."""

from __future__ import annotations

import os
import signal
from typing import Any

import pytest
from sqlalchemy import Engine

from tests.dags.filling import OTHERS, asked_about, holds_nothing, promoted, queue, wait_for, was_put_back
from tests.dags.runs import Airflow
from tests.stand_in.server import StandIn

pytestmark = pytest.mark.airflow

DAG: dict[str, Any] = {"dag_id": "slot_backfill"}
CONF = {"providers": ["live"], "lease_seconds": 600}


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
