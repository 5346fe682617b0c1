"""What is told about which tables tasks read and write: it is true, and it reaches whoever collects it."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.engine import URL

from prospecting.operators import slots
from prospecting.operators.lineage import OF_EVERY_TASK, Tables
from prospecting.operators.prospecting import ProspectingOperator
from prospecting.persistence.schema import metadata as schema
from tests.dags.filling import OTHERS, queue
from tests.dags.runs import ROOT, airflow_variables, database_variables
from tests.dags.touched_tables import only_declared

OPERATORS = [
    item
    for path in sorted((ROOT / "plugins" / "prospecting" / "operators").glob("*.py"))
    for item in vars(importlib.import_module(f"prospecting.operators.{path.stem}")).values()
    if isinstance(item, type) and issubclass(item, ProspectingOperator) and item is not ProspectingOperator
    if item.__module__.endswith(path.stem) and not item.__name__.startswith("_")
]
TASKS = [
    item
    for path in sorted((ROOT / "plugins" / "prospecting" / "tasks").glob("*.py"))
    for item in vars(importlib.import_module(f"prospecting.tasks.{path.stem}")).values()
    if isinstance(getattr(getattr(item, "function", None), "tables", None), Tables)
]
VIEWS = {"account_overview"}


def test_tables_that_are_declared_exist() -> None:
    declared = [operator.tables for operator in OPERATORS] + [task.function.tables for task in TASKS]
    assert len(declared) > 30
    named = {table for tables in declared for table in (*tables.reads, *tables.writes)}
    assert named - {table.fullname for table in schema.metadata.tables.values()} - VIEWS == set()
    for operator in OPERATORS:
        assert operator.tables.writes, operator.__name__
        assert set(operator.tables.rows) <= set(operator.tables.writes), operator.__name__


def test_what_is_written_and_not_declared_is_noticed(engine: Engine) -> None:
    """Every test that calls an operator or a task by ``TaskCaller`` looks for it."""

    def write(table: str) -> None:
        with engine.begin() as connection:
            connection.execute(text(f"insert into {table} (name, name_key, source_system) values ('A', 'a', 'test')"))

    with only_declared(Tables(writes=("events",))):
        write("events")
    with pytest.raises(AssertionError, match="companies"), only_declared(Tables(writes=("events",))):
        write("companies")
    with only_declared(Tables(reads=("companies",))), engine.begin() as connection:
        connection.execute(text("select count(*) from companies"))
    assert "companies" not in OF_EVERY_TASK


# ------------------------------------------------------------------------------------------------------- OpenLineage
RUN = """
import sys
from datetime import datetime
from tests.dags.driver import load
run = load("slot_evaluation", "prospecting").test(
    run_conf={}, logical_date=(moment := datetime.fromisoformat("2026-03-01T00:00:00+00:00")), run_after=moment
)
assert run.state == "success", run.state
"""


class _Receiver(BaseHTTPRequestHandler):
    """Takes events as Marquez does; ``events`` of its server has them."""

    def do_POST(self) -> None:
        server: Any = self.server
        server.events.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(201)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Keep the terminal free."""


@pytest.mark.airflow
def test_a_run_reaches_openlineage(metadata: URL, database_url: str, engine: Engine, tmp_path: Path) -> None:
    pytest.importorskip("airflow.providers.openlineage", reason="OpenLineage is not installed: NOT TESTED")
    queue(engine, *OTHERS[:2])
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), _Receiver)
    server.events = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    variables = {
        **airflow_variables(tmp_path, metadata),
        **database_variables(database_url),
        "AIRFLOW__OPENLINEAGE__TRANSPORT": json.dumps(
            {"type": "http", "url": f"http://127.0.0.1:{server.server_port}", "compression": None}
        ),
        "AIRFLOW__OPENLINEAGE__NAMESPACE": "prospecting",
    }
    try:
        ended = subprocess.run(
            [sys.executable, "-c", RUN], cwd=ROOT, env=variables, capture_output=True, text=True, check=False
        )
    finally:
        server.shutdown()
    assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr[-3000:]
    done = {event["job"]["name"]: event for event in server.events if event["eventType"] == "COMPLETE"}
    database = engine.url.database

    def names(event: dict[str, Any], side: str) -> set[tuple[str, str]]:
        return {(dataset["namespace"], dataset["name"].removeprefix(f"{database}.")) for dataset in event[side]}

    def named(*tables: str) -> set[tuple[str, str]]:
        return {
            ("postgres://localhost:5432", table if "." in table else f"public.{table}") for table in tables
        }  # a socket

    evaluated = done["slot_evaluation.evaluate_chunk"]
    declared = slots.EvaluateSlotsOperator.tables
    assert names(evaluated, "inputs") == named(*declared.reads)
    assert names(evaluated, "outputs") == named(*declared.writes)
    counts = evaluated["run"]["facets"]["prospecting_counts"]["counts"]
    assert counts["companies_processed"] == 2
    (requests,) = (one for one in evaluated["outputs"] if one["name"].endswith(".agent_routing_log"))
    assert requests["outputFacets"]["outputStatistics"]["rowCount"] == counts["backfill_triggered"]
    planned = done["slot_evaluation.plan_chunks"]
    assert names(planned, "inputs") == named("company_person_roles")
    assert names(planned, "outputs") == named("title_seats")
