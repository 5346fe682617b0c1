"""Running DAGs in tests: environments, databases of their own, a process that runs DAGs, calls of single tasks."""

from __future__ import annotations

import fcntl
import hashlib
import importlib.metadata
import json
import multiprocessing
import os
import subprocess
import sys
import uuid
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from multiprocessing import forkserver
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from sqlalchemy.engine import URL, make_url

from prospecting.operators.lineage import Tables
from scripts import environment
from tests.dags.driver import work
from tests.dags.touched_tables import only_declared

_PROCESSES = multiprocessing.get_context("forkserver")
ROOT = Path(__file__).resolve().parents[2]
FIRST_RUN = datetime(2026, 3, 1, tzinfo=UTC)


def libpq(url: URL | str) -> str:
    """The same URL as libpq spells it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def clean_environment() -> dict[str, str]:
    """This process's environment without anything a developer has set for Airflow or the product."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "PROSPECTING"))}


def airflow_variables(home: Path, metadata: URL) -> dict[str, str]:
    """The environment `make` computes for this checkout, with home and metadata database of the tests' own."""
    given = clean_environment() | {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home / "passwords.json"),
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": metadata.set(drivername="postgresql+psycopg2").render_as_string(
            hide_password=False
        ),
        # Every test gives the database of its own; nothing may reach another one by accident.
        "PROSPECTING_DB_URL": "postgresql://nobody@127.0.0.1:9/none",
    }
    variables = environment.compute(ROOT, given, environment.local_secrets(home)).variables
    bundles = json.loads(variables["AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST"])
    # Another team's DAGs, in a bundle of their own.
    (ours,) = bundles
    theirs = {**ours, "name": "examples", "kwargs": {**ours["kwargs"], "path": str(ROOT / "include/examples/dags")}}
    return variables | {"AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": json.dumps([ours, theirs])}


def database_variables(database_url: str) -> dict[str, str]:
    """The Airflow connection of an application database."""
    return {"AIRFLOW_CONN_PROSPECTING_DB": environment.airflow_connection(libpq(database_url))}


MIGRATE = """
import sys
from pathlib import Path
from scripts.migrate import initialise_metadata
initialise_metadata(Path(sys.argv[1]))
"""


def airflow_template(server_url: URL, home: Path) -> str:
    """Name of a migrated metadata database with the pools; made anew for another Airflow or other pools."""
    pools = ROOT / "include" / "pools.json"
    version = importlib.metadata.version("apache-airflow-core").replace(".", "_")
    name = f"airflow_template_{version}_{hashlib.sha256(pools.read_bytes()).hexdigest()[:12]}"
    (ROOT / ".local").mkdir(exist_ok=True)
    with (ROOT / ".local" / "test-airflow-template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with psycopg.connect(libpq(server_url), autocommit=True) as connection:
            if connection.execute("select from pg_database where datname = %s", [name]).fetchone() is None:
                scratch = f"{name}_new"
                connection.execute(f'drop database if exists "{scratch}" with (force)')
                connection.execute(f'create database "{scratch}" template template0')
                variables = airflow_variables(home, server_url.set(database=scratch))
                subprocess.run([sys.executable, "-c", MIGRATE, str(pools)], cwd=ROOT, env=variables, check=True)
                connection.execute(f'alter database "{scratch}" rename to "{name}"')
    return name


@contextmanager
def fresh_metadata(server_url: URL, template: str) -> Iterator[URL]:
    """URL of a metadata database copied from the template."""
    name = f"test_airflow_{uuid.uuid4().hex[:16]}"
    with psycopg.connect(libpq(server_url), autocommit=True) as connection:
        connection.execute(f'create database "{name}" template "{template}"')
    yield server_url.set(database=name)
    with psycopg.connect(libpq(server_url), autocommit=True) as connection:
        connection.execute(f'drop database "{name}" with (force)')


@dataclass(frozen=True)
class Run:
    """How a DAG run ended. ``log`` is everything Airflow and the tasks printed."""

    dag_id: str
    state: str
    run_id: str
    tasks: list[dict[str, Any]]
    log: str

    def states(self, task_id: str) -> list[str]:
        """States of a task's instances, by map index."""
        return [
            task["state"]
            for task in sorted(self.tasks, key=lambda task: int(task["map_index"]))
            if task["task_id"] == task_id
        ]

    def tries(self, task_id: str) -> list[int]:
        """How often a task's instances were tried, by map index."""
        return [
            task["tries"]
            for task in sorted(self.tasks, key=lambda task: int(task["map_index"]))
            if task["task_id"] == task_id
        ]


class Driver:
    """A process that runs DAGs one after the other."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = count(1)
        self._log = folder
        self.busy = False
        self._pipe, theirs = _PROCESSES.Pipe()
        self.process = _PROCESSES.Process(target=work, args=(theirs,), daemon=True)
        self.process.start()
        theirs.close()

    def start(
        self,
        dag_id: str,
        conf: Mapping[str, Any],
        variables: Mapping[str, str],
        logical_date: datetime,
        retry_delay: float,
        bundle: str,
    ) -> None:
        """Begin a run; ``finish`` waits for its end."""
        self._log = self._folder / f"run-{next(self._numbers)}.log"
        request = {
            "dag_id": dag_id,
            "conf": dict(conf),
            "variables": dict(variables),
            "logical_date": logical_date.isoformat(),
            "retry_delay": retry_delay,
            "bundle": bundle,
            "log": str(self._log),
        }
        self.busy = True
        self._pipe.send(request)

    def finish(self) -> Run:
        """The run's end."""
        try:
            reply = self._pipe.recv()
        except (EOFError, ConnectionError):
            self.process.join()
            reply = {"error": f"the driver ended with {self.process.exitcode}"}
        self.busy = False
        log = self.log()
        assert "error" not in reply, f"{reply['error']}\n{log[-4000:]}"
        return Run(log=log, **reply)

    def log(self) -> str:
        """What the newest run has printed so far."""
        return self._log.read_text(encoding="utf-8", errors="replace") if self._log.is_file() else ""

    def kill(self) -> None:
        """Lose the machine."""
        self.process.kill()
        self.process.join()
        self.busy = False

    def close(self) -> None:
        self._pipe.close()
        self.process.join(30)
        if self.process.is_alive():
            self.kill()


@dataclass
class Drivers:
    """Drivers on one metadata database, each a copy of a process that has imported Airflow under ``variables``."""

    variables: dict[str, str]
    folder: Path
    running: list[Driver] = field(default_factory=list)

    def __post_init__(self) -> None:
        _PROCESSES.set_forkserver_preload(["tests.dags.nursery"])
        with pytest.MonkeyPatch.context() as patch:
            for name in os.environ.keys() - self.variables.keys():
                patch.delenv(name)
            for name, value in self.variables.items():
                patch.setenv(name, value)
            patch.chdir(ROOT)
            forkserver.ensure_running()

    def take(self, number: int = 0) -> Driver:
        """Driver ``number``; a killed one is replaced."""
        while len(self.running) <= number:
            self.running.append(self._new())
        if not self.running[number].process.is_alive():
            self.running[number] = self._new()
        return self.running[number]

    def _new(self) -> Driver:
        folder = self.folder / uuid.uuid4().hex[:8]
        folder.mkdir()
        return Driver(folder)

    def abandon(self) -> str:
        """Kill drivers whose run nobody waited for, so that no later test takes its end for its own; their logs."""
        busy = [driver for driver in self.running if driver.busy]
        for driver in busy:
            driver.kill()
        return "\n".join(driver.log() for driver in busy)

    def close(self) -> None:
        for driver in self.running:
            driver.close()


# Those of chaos, in the same metadata database, lie before them: two runs of one DAG must not have one date.
_logical_dates = (FIRST_RUN + timedelta(hours=number) for number in count())


@dataclass
class Airflow:
    """Runs DAGs on the test's own application database."""

    drivers: Drivers
    variables: dict[str, str]
    metadata: URL

    def start(
        self,
        conf: Mapping[str, Any],
        *,
        dag_id: str = "signal_execution",
        again: datetime | None = None,
        driver: int = 0,
        retry_delay: float = 0,
        bundle: str = "prospecting",
    ) -> datetime:
        """Begin a run in driver ``number``; answers its logical date, with which it can be cleared and run again."""
        logical_date = again or next(_logical_dates)
        self.drivers.take(driver).start(dag_id, conf, self.variables, logical_date, retry_delay, bundle)
        return logical_date

    def finish(self, driver: int = 0) -> Run:
        """The end of the run begun in a driver."""
        return self.drivers.take(driver).finish()

    def run(self, conf: Mapping[str, Any], **options: Any) -> Run:
        """Run a DAG to its end."""
        self.start(conf, **options)
        return self.finish(options.get("driver", 0))

    def conf_of(self, dag_id: str, run_id: str) -> Any:
        """The configuration a DAG run was created with; ``None`` when the run does not exist."""
        with psycopg.connect(libpq(self.metadata)) as connection:
            row = connection.execute(
                "select conf from dag_run where dag_id = %s and run_id = %s", [dag_id, run_id]
            ).fetchone()
        return row[0] if row else None

    def note_of(self, run: Run) -> str | None:
        """The note of a DAG run, which Airflow shows in its lists."""
        with psycopg.connect(libpq(self.metadata)) as connection:
            row = connection.execute(
                "select n.content from dag_run_note as n join dag_run as r on r.id = n.dag_run_id "
                "where r.dag_id = %s and r.run_id = %s",
                [run.dag_id, run.run_id],
            ).fetchone()
        return row[0] if row else None

    def asset_events(self, run: Run) -> dict[str, int]:
        """How often a run said that something had changed, by asset; runs of other DAGs may have the same id."""
        with psycopg.connect(libpq(self.metadata)) as connection:
            found = connection.execute(
                "select a.name, count(*) from asset_event as e join asset as a on a.id = e.asset_id "
                "where e.source_dag_id = %s and e.source_run_id = %s group by a.name",
                [run.dag_id, run.run_id],
            ).fetchall()
        return dict(found)

    def stored_by_airflow(self, run_id: str) -> str:
        """Everything the metadata database keeps of a run's data: XCom, rendered fields, labels."""
        with psycopg.connect(libpq(self.metadata)) as connection:
            rows = connection.execute(
                """
                select value::text from xcom where run_id = %(run)s
                union all select rendered_fields::text from rendered_task_instance_fields where run_id = %(run)s
                union all select coalesce(rendered_map_index, '') from task_instance where run_id = %(run)s
                """,
                {"run": run_id},
            ).fetchall()
        assert rows
        return "\n".join(value for (value,) in rows)


def connection_variables(url: str, **options: Any) -> dict[str, str]:
    """The Airflow connections of the live agents, leading to the stand-in at ``url``."""
    extra = {
        "model": "stand-in",
        "calls_per_minute": 60_000,
        "ttl_seconds": 0,
        "local_hosts": {"*": url.partition("//")[2]},
        **options,
    }
    return {
        "AIRFLOW_CONN_PROSPECTING_LLM": json.dumps(
            {"conn_type": "generic", "host": f"{url}/v1", "password": "llm-key-7f3a91", "extra": extra}
        ),
        "AIRFLOW_CONN_PROSPECTING_SEARCH": json.dumps(
            {
                "conn_type": "generic",
                "host": url,
                "password": "search-key-52c0de",
                "extra": {"calls_per_minute": 60_000},
            }
        ),
    }


@dataclass
class TaskCaller:
    """Runs one task in this process, as one try of a run, on the test's own application database.

    What the task takes from Airflow comes the way Airflow gives it: the context, and connections in the environment.
    It may write no tables but those that it declares.
    """

    monkeypatch: pytest.MonkeyPatch
    database_url: str

    def context(
        self,
        task_id: str,
        *,
        params: Mapping[str, Any] | None = None,
        run_id: str = "manual__1",
        dag_id: str = "signal_execution",
        try_number: int = 1,
        map_index: int = -1,
        failed_tasks: int = 0,
        paused: Collection[str] = (),
        pushed: Mapping[str, Any] | None = None,
        task: Any = None,
    ) -> Any:
        """The context of one try; ``failed_tasks`` of the run have failed so far, the DAGs ``paused`` are paused.

        ``pushed`` is what other tasks of the run have pushed, by key.
        """
        for name, value in database_variables(self.database_url).items():
            self.monkeypatch.setenv(name, value)
        return {
            "params": dict(params or {}),
            "run_id": run_id,
            "dag_run": SimpleNamespace(
                run_id=run_id, run_type="manual", run_after=FIRST_RUN, triggering_user_name=None
            ),
            "ti": SimpleNamespace(
                dag_id=dag_id,
                run_id=run_id,
                task_id=task_id,
                map_index=map_index,
                try_number=try_number,
                max_tries=3,
                get_ti_count=lambda **_: failed_tasks,
                get_task_states=lambda **_: {},
                get_dag=lambda dag_id: SimpleNamespace(is_paused=dag_id in paused),
                xcom_push=lambda **_: None,
                xcom_pull=lambda *, key, **_: (pushed or {}).get(key),
            ),
            "task": task
            or SimpleNamespace(execution_timeout=timedelta(minutes=1), get_flat_relative_ids=lambda upstream: set()),
        }

    def __call__(self, task: Any, *args: Any, **options: Any) -> Any:
        """Call the function of a ``@task``."""
        from airflow.sdk.execution_time.context import set_current_context

        with (
            set_current_context(self.context(task.function.__name__, **options)),
            only_declared(getattr(task.function, "tables", Tables())),
        ):
            return task.function(*args)

    def execute(self, operator: Any, **options: Any) -> Any:
        """Render an operator's templates and execute it."""
        from airflow.sdk.execution_time.context import set_current_context

        operator.execution_timeout = operator.execution_timeout or timedelta(minutes=1)
        context = self.context(operator.task_id, task=operator, **options)
        operator.render_template_fields(context)
        with set_current_context(context), only_declared(operator.tables):
            return operator.execute(context)
