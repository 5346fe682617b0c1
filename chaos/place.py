"""Where trials take place: servers, agents that stand in, Airflow; everything of this process alone."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg
from sqlalchemy import Connection, Engine, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import OperationalError

from chaos.airflow_runs import DagRun
from chaos.disk import TABLESPACE, Disk, mounted
from chaos.proxy import Proxy
from chaos.scenarios import Scenario, fill
from chaos.servers import EMPTY, ApplicationServer
from prospecting.persistence.schema.tables import metadata as schema
from tests.dags.runs import connection_variables, database_variables, libpq
from tests.db.factories import be_silent
from tests.stand_in.server import StandIn

_AN_HOUR = 60  # much longer, and what is found would be dated yesterday
_TRIGGERED = "from dag_run where dag_id = 'signal_execution' and run_id like 'signal_schedule%'"
DATABASE = "trial"


@dataclass
class Place:
    """A context manager. ``airflow`` is the environment Airflow was imported with, ``metadata`` its database."""

    folder: Path
    airflow: dict[str, str]
    metadata: URL
    server: ApplicationServer
    disk: Disk | None = None
    """A small one, where the machine lets us have one."""
    _stack: ExitStack = field(default_factory=ExitStack)
    _runs: list[DagRun] = field(default_factory=list)
    _moments: Iterator[datetime] = field(
        default_factory=lambda: (datetime(2026, 2, 1, tzinfo=UTC) + timedelta(hours=n) for n in count())
    )

    def __enter__(self) -> Self:
        for name in ("runs", "temporary", "models"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        self._stack.callback(self.server.stop)
        self.server.start()
        self.server.create(EMPTY)
        self.disk = self._stack.enter_context(mounted(self.folder / "disk", self.server))
        self.stand_in = self._stack.enter_context(StandIn())
        self.proxy = self._stack.enter_context(
            Proxy(self.server.socket, {table.name for table in schema.sorted_tables})
        )
        through_proxy = f"postgresql://postgres@127.0.0.1:{self.proxy.port}/{DATABASE}?sslmode=disable"
        self.variables = {
            **self.airflow,
            **database_variables(through_proxy),
            **connection_variables(self.stand_in.url),
            **research_connections(self.stand_in.url),
            "AIRFLOW_CONN_PROSPECTING_SLACK_DIGEST": json.dumps(
                {"conn_type": "generic", "password": f"{self.stand_in.url}/services/T/B/digests"}
            ),
            "AIRFLOW_VAR_MODEL_ARTIFACTS_PATH": f"file://{self.folder / 'models'}",
            "TMPDIR": str(self.folder / "temporary"),
        }
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._kill_all()
        self._stack.close()

    def _kill_all(self) -> None:
        for run in self._runs:
            for attempt in run.attempts:
                attempt.kill()
        self._runs.clear()

    @property
    def engine(self) -> Engine:
        """The database of the trial, without the proxy."""
        return self.server.engine(DATABASE)

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        with self.engine.connect() as connection:
            yield connection

    def begin(self, scenario: Scenario, *, on_small_disk: bool = False) -> None:
        """A database filled for the scenario, and agents who have forgotten everything."""
        self._kill_all()
        template = f"filled_{scenario.name}"
        if not self.server.has(template):
            self.server.create(template, EMPTY)
            fill(self.server.engine(template), scenario)
        self.server.create(DATABASE, template, TABLESPACE if on_small_disk else None)
        self.stand_in.reset()
        self.proxy.watch()
        for name in ("temporary", "models"):
            shutil.rmtree(self.folder / name)
            (self.folder / name).mkdir()
        if scenario.triggers:
            forget_triggered_runs(self.metadata)

    def new_run(self, scenario: Scenario, **more: Any) -> DagRun:
        conf = {**scenario.conf, **more}
        run = DagRun(scenario.dag_id, conf, self.variables, next(self._moments), self.folder / "runs")
        self._runs.append(run)
        return run

    def let_time_pass(self) -> None:
        """Whoever gave no sign of life until now has given none for an hour; every lease is over.

        But while a process that was stopped holds a lock on such rows, they stay as they are.
        """
        for act in (lambda connection: be_silent(connection, _AN_HOUR), _end_leases):
            with suppress(OperationalError), self.engine.begin() as connection:
                connection.execute(text("set local lock_timeout = '300ms'"))
                act(connection)

    def triggered_runs(self) -> list[tuple[str, str]]:
        """Ids and params of the runs of other DAGs that were triggered."""
        with psycopg.connect(libpq(self.metadata)) as connection:
            return connection.execute(f"select run_id, conf::text {_TRIGGERED} order by 1").fetchall()


def _end_leases(connection: Connection) -> None:
    connection.execute(text("update agent_routing_log set lease_expires_at = lease_expires_at - interval '1 day'"))
    connection.execute(text("update digests set claimed_at = claimed_at - interval '1 day' where sent_at is null"))


def forget_triggered_runs(metadata: URL) -> None:
    """Another trial triggers the same again."""
    with psycopg.connect(libpq(metadata)) as connection:
        connection.execute(f"delete {_TRIGGERED}")


def research_connections(url: str) -> dict[str, str]:
    """Airflow's connection to the provider of deep research; waiting for it takes no time worth mentioning."""
    extra = {"poll_delays": [0.05], "timeout_seconds": 20}
    connection = {"conn_type": "generic", "host": url, "password": "parallel-key", "extra": extra}
    return {"AIRFLOW_CONN_PROSPECTING_PARALLEL": json.dumps(connection)}
