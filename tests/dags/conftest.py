"""Real runs of the DAGs: a metadata database from a template, a process that runs DAGs, outside services that stand in.

Variables and connections are given as environment variables, as a deployment does.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.metadata
import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy.engine import URL

from tests.dags.runs import (
    ROOT,
    Airflow,
    Drivers,
    TaskCaller,
    airflow_variables,
    connection_variables,
    database_variables,
    fresh_metadata,
    libpq,
)
from tests.stand_in.server import StandIn


@pytest.fixture(scope="session")
def metadata_template(server_url: URL, tmp_path_factory: pytest.TempPathFactory) -> str:
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
                variables = airflow_variables(
                    tmp_path_factory.mktemp("airflow-template"), server_url.set(database=scratch)
                )
                for command in (["db", "migrate"], ["pools", "import", str(pools)]):
                    subprocess.run([sys.executable, "-m", "airflow", *command], env=variables, check=True)
                connection.execute(f'alter database "{scratch}" rename to "{name}"')
    return name


@pytest.fixture(scope="session")
def metadata(server_url: URL, metadata_template: str) -> Iterator[URL]:
    """URL of the metadata database of all runs without a scheduler."""
    with fresh_metadata(server_url, metadata_template) as url:
        yield url


@pytest.fixture(scope="session")
def drivers(metadata: URL, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drivers]:
    home = tmp_path_factory.mktemp("airflow-home")
    drivers = Drivers(airflow_variables(home, metadata), tmp_path_factory.mktemp("drivers"))
    yield drivers
    drivers.close()


@pytest.fixture
def airflow(drivers: Drivers, database_url: str, metadata: URL) -> Iterator[Airflow]:
    """Airflow on the test's own application database, without outside services."""
    yield Airflow(drivers, database_variables(database_url), metadata)
    # Shown with the failure of a test that gave up waiting.
    sys.stderr.write(drivers.abandon()[-8000:])


@pytest.fixture(scope="session")
def stand_in_server() -> Iterator[StandIn]:
    with StandIn() as server:
        yield server


@pytest.fixture
def stand_in(stand_in_server: StandIn, airflow: Airflow) -> StandIn:
    """The outside services, and Airflow's connections to them."""
    stand_in_server.reset()
    airflow.variables |= connection_variables(stand_in_server.url)
    return stand_in_server


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, database_url: str) -> TaskCaller:
    """Single tasks in this process: for what a whole run would only make slower."""
    return TaskCaller(monkeypatch, database_url)
