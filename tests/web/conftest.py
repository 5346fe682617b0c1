"""A real API server of Airflow with the plugin in it, and browsers of its users."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine
from sqlalchemy.engine import URL

from tests.conftest import SharedDatabase
from tests.dags.runs import (
    airflow_template,
    airflow_variables,
    connection_variables,
    database_variables,
    fresh_metadata,
)
from tests.web import known_world
from tests.web.calling import CONNECTIONS

ROLES = ("viewer", "user", "op", "admin")
"""Names of the users, each with the role of that name, and its password."""


@dataclass
class ApiServer:
    """An `airflow api-server` below ``path``, which a proxy would add, on the tests' databases."""

    port: int
    path: str
    process: subprocess.Popen[bytes]
    log: Path
    metadata: URL
    _clients: dict[str, httpx.Client] = field(default_factory=dict)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def as_user(self, name: str | None) -> httpx.Client:
        """A browser of this user (None: of nobody) at our pages: its paths are those below ``/prospecting``."""
        key = name or ""
        if key not in self._clients:
            # A kept connection may be closed by the server just when the next request is sent.
            client = httpx.Client(
                base_url=f"{self.origin}{self.path}/prospecting",
                timeout=60,
                trust_env=False,
                limits=httpx.Limits(max_keepalive_connections=0),
            )
            client.headers["Accept"] = "text/html"
            if name:
                answer = client.post(f"{self.origin}{self.path}/auth/token", json={"username": name, "password": name})
                assert answer.status_code == 201, answer.text
                client.cookies.set("_token", answer.json()["access_token"])
            self._clients[key] = client
        return self._clients[key]

    def stop(self) -> None:
        for client in self._clients.values():
            client.close()
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(60)


def start_api_server(home: Path, metadata: URL, database_url: str, path: str = "", **variables: str) -> ApiServer:
    """Start a server and wait until it answers; raises ``AssertionError`` with its log when it does not."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    home.mkdir(parents=True, exist_ok=True)
    (home / "passwords.json").write_text(json.dumps({name: name for name in ROLES}))
    environment = {
        **airflow_variables(home, metadata),
        **database_variables(database_url),
        **connection_variables("http://127.0.0.1:9"),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{name}:{name}" for name in ROLES),
        "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{port}{path}",
        "AIRFLOW__API__PORT": str(port),
        **CONNECTIONS,
        **variables,
    }
    log = home / "api-server.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "airflow", "api-server", "--host", "127.0.0.1", "--port", str(port)],
            env=environment,
            cwd=home,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    server = ApiServer(port, path, process, log, metadata)
    deadline = time.monotonic() + 180
    while True:
        assert process.poll() is None, log.read_text()[-4000:]
        assert time.monotonic() < deadline, log.read_text()[-4000:]
        try:
            if httpx.get(f"{server.origin}{path}/api/v2/version", timeout=5, trust_env=False).status_code == 200:
                return server
        except httpx.TransportError:
            time.sleep(0.3)


@pytest.fixture(scope="session")
def web_metadata(server_url: URL, tmp_path_factory: pytest.TempPathFactory) -> Iterator[URL]:
    """Airflow's database of the API servers."""
    template = airflow_template(server_url, tmp_path_factory.mktemp("airflow-template"))
    with fresh_metadata(server_url, template) as url:
        yield url


@pytest.fixture(scope="session")
def server(
    web_metadata: URL, shared_database: SharedDatabase, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ApiServer]:
    """The API server of all tests of pages, on the database that each test finds empty."""
    url = shared_database.engine.url.render_as_string(hide_password=False)
    started = start_api_server(tmp_path_factory.mktemp("web") / "home", web_metadata, url)
    yield started
    started.stop()
    # Shown with whatever failed last.
    sys.stderr.write(
        "\n".join(line for line in started.log.read_text().splitlines() if "request finished" not in line)[-6000:]
    )


@pytest.fixture
def viewer(server: ApiServer, engine: object) -> httpx.Client:
    """A browser of somebody who may look, and change nothing. Takes the database, so that it is empty again after."""
    return server.as_user("viewer")


@pytest.fixture
def user(server: ApiServer, engine: object) -> httpx.Client:
    """A browser of somebody who may also trigger DAGs and change things, by our own pages."""
    client = server.as_user("user")
    client.headers["Origin"] = server.origin
    return client


@pytest.fixture
def world(engine: Engine) -> dict[str, int]:
    """Six companies and what is known of them (``tests.web.known_world``); ids by name."""
    return known_world.fill(engine)
