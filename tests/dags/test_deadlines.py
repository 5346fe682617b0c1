"""A deadline from Airflow's database to its triggerer, without the processes in between."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy.engine import URL

from tests.dags.runs import ROOT, airflow_variables

# What the DAG processor, the API, the scheduler and the triggerer do, in this order.
PROGRAM = """
import asyncio, json
from airflow._shared.timezones import timezone
from airflow.dag_processing.bundles.manager import DagBundlesManager
from airflow.dag_processing.dagbag import BundleDagBag, sync_bag_to_db
from airflow.models.dag_version import DagVersion
from airflow.models.dagbag import DBDagBag
from airflow.models.deadline import Deadline
from airflow.triggers.callback import CallbackTrigger
from airflow.utils.session import create_session
from airflow.utils.state import DagRunState
from airflow.utils.types import DagRunTriggeredByType, DagRunType
from sqlalchemy import func, select

with create_session() as session:
    DagBundlesManager().sync_bundles_to_db(session=session)
for _ in range(2):
    bag = BundleDagBag(dag_folder="dags/slot_evaluation.py", bundle_path="dags", bundle_name="prospecting")
    sync_bag_to_db(bag, "prospecting", None)
with create_session() as session:
    versions = session.scalar(select(func.count()).where(DagVersion.dag_id == "slot_evaluation"))
    dag, now = DBDagBag().get_latest_version_of_dag("slot_evaluation", session=session), timezone.utcnow()
    dag.create_dagrun(
        run_id="late", logical_date=None, run_after=now, run_type=DagRunType.MANUAL, state=DagRunState.QUEUED,
        conf={"name_contains": "Marker"}, triggered_by=DagRunTriggeredByType.REST_API, session=session,
    )
    session.flush()
    deadline = session.scalars(select(Deadline)).one()
    hours = (deadline.deadline_time - now).total_seconds() / 3600
    deadline.handle_miss(session)
    session.commit()
    trigger = CallbackTrigger(**deadline.callback.trigger.kwargs)

async def carry_out():
    return [str(event.payload["state"]) async for event in trigger.run()]

print(json.dumps({"versions": versions, "hours": round(hours, 1), "states": asyncio.run(carry_out())}))
"""


@pytest.mark.airflow
def test_a_run_that_is_late_is_told_of_by_the_triggerer(metadata: URL, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        env=airflow_variables(tmp_path, metadata),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    # Reading the DAG again makes no version of it.
    assert json.loads(done.stdout.splitlines()[-1]) == {"versions": 1, "hours": 4, "states": ["running", "success"]}
    told = done.stdout + done.stderr
    assert "late: Slot evaluation is late: not done after 240 minutes" in told
    assert "Marker" not in told, "the configuration of the run is nobody's business"
