"""The PostgreSQL server of the application, which is restarted and filled up; Airflow's own one stays as it is."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
import psycopg
from sqlalchemy import Engine, NullPool, create_engine
from sqlalchemy.engine import URL

from prospecting.persistence.database import application_url
from scripts import local_postgres
from tests.conftest import LIKE_THE_PRODUCT, migrate

EMPTY = "empty"


@dataclass
class ApplicationServer:
    """A server whose databases are copies of prepared ones. ``url`` leads to it without any proxy."""

    data_dir: Path
    url: URL = field(init=False)

    def __post_init__(self) -> None:
        self.start()
        self.url = application_url(local_postgres.url(self.data_dir, "postgres"))
        # The operating system survives every trial, so nothing that PostgreSQL has written can be lost; what it has
        # only promised to write could be, hence synchronous_commit stays on.
        for setting in ("fsync = off", "full_page_writes = off", "autovacuum_naptime = '5s'"):
            self.execute(f"alter system set {setting}")
        self.execute("select pg_reload_conf()")

    @property
    def socket(self) -> Path:
        return local_postgres.socket_dir(self.data_dir) / local_postgres.SOCKET_NAME

    def start(self) -> None:
        local_postgres.start(self.data_dir)

    def stop_immediately(self) -> None:
        """End it as a crash does: no session is told, no buffer is written."""
        process = psutil.Process(int((self.data_dir / "postmaster.pid").read_text().split()[0]))
        process.send_signal(signal.SIGQUIT)
        process.wait(30)

    def restart_immediately(self) -> None:
        self.stop_immediately()
        self.start()

    def stop(self) -> None:
        local_postgres.stop(self.data_dir)

    def execute(self, statement: str, database: str = "postgres", **values: Any) -> list[Any]:
        """Rows of one statement, in a session of its own that commits by itself."""
        with psycopg.connect(_libpq(self.url.set(database=database)), autocommit=True) as connection:
            cursor = connection.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else []

    def engine(self, database: str) -> Engine:
        """Sessions that nobody cuts, and that end with their use."""
        return create_engine(self.url.set(database=database), poolclass=NullPool, **LIKE_THE_PRODUCT)

    def has(self, database: str) -> bool:
        return bool(self.execute("select 1 from pg_database where datname = %(name)s", name=database))

    def create(self, database: str, template: str | None = None, tablespace: str | None = None) -> None:
        """A copy of a database; without one, a migrated database without rows."""
        self.drop(database)
        where = f" tablespace {tablespace}" if tablespace else ""
        self.execute(f'create database "{database}" template "{template or "template0"}"{where}')
        if template is None:
            migrate(self.url.set(database=database))

    def drop(self, database: str) -> None:
        self.execute(f'drop database if exists "{database}" with (force)')

    @contextmanager
    def held_snapshot(self, database: str) -> Iterator[None]:
        """Somebody's transaction that began before, has written, and neither commits nor ends."""
        with psycopg.connect(_libpq(self.url.set(database=database))) as connection:
            connection.execute("set transaction isolation level repeatable read")
            connection.execute("select count(*) from companies")
            connection.execute("create temp table held (id int)")
            connection.execute("select pg_current_xact_id()")
            yield
            with suppress(psycopg.Error):
                connection.rollback()


def _libpq(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def is_root() -> bool:
    return os.geteuid() == 0
