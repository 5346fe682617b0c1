"""Real runs of the DAGs: a metadata database from a template, a process that runs DAGs, outside services that stand in.

Variables and connections are given as environment variables, as a deployment does.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
from sqlalchemy.engine import URL

from tests.dags.runs import (
    Airflow,
    Drivers,
    TaskCaller,
    airflow_template,
    airflow_variables,
    connection_variables,
    database_variables,
    fresh_metadata,
)
from tests.stand_in.server import StandIn


@pytest.fixture(scope="session")
def metadata_template(server_url: URL, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Name of a migrated metadata database with the pools."""
    return airflow_template(server_url, tmp_path_factory.mktemp("airflow-template"))


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
