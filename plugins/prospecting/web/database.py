"""The application database as pages and the API see it.

Pages read as ``prospecting_reader``, in transactions that cannot write; tenants, and users of the API, as
``prospecting_api`` under row-level security. What changes something goes through the services, as
``prospecting_app``, the role of tasks. The Airflow connection is ``prospecting_web`` where there is
one, so that the API server can have a login of its own, else ``prospecting_db``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Annotated
from uuid import UUID

import psycopg
from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException
from fastapi import Depends, HTTPException, status
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DataError, DBAPIError, TimeoutError

from prospecting.hooks.prospecting import url_of
from prospecting.persistence.access import AccessError, act_as_reader, act_as_user, act_for_org, become_task
from prospecting.persistence.database import make_engine, unit_of_work
from prospecting.services.runtime import Runtime

CONNECTION_IDS = ("prospecting_web", "prospecting_db")
PAGE_SECONDS = 20.0
"""A page that takes longer is ended by PostgreSQL, and says so."""
EXPORT_SECONDS = 600.0
DECISION_SECONDS = 300.0
"""What somebody decided at a page may concern tens of thousands of rows."""


def _url() -> URL:
    for connection_id in CONNECTION_IDS:
        try:
            return url_of(BaseHook.get_connection(connection_id))
        except AirflowNotFoundException:
            continue
    raise AirflowNotFoundException(f"Neither of the connections {' and '.join(CONNECTION_IDS)} is defined")


@lru_cache(maxsize=1)
def engine() -> Engine:
    """The engine that pages read with. Raises ``AirflowNotFoundException`` when no connection is defined."""
    return make_engine(_url(), connect_timeout=5, pool_size=5, max_overflow=10, pool_timeout=10, pool_pre_ping=True)


@lru_cache(maxsize=1)
def task_engine() -> Engine:
    """The engine that services of pages and of the API write with: every session of it is of the role of tasks."""
    made = make_engine(_url(), connect_timeout=5, pool_size=2, max_overflow=8, pool_timeout=10, pool_pre_ping=True)
    event.listen(made, "connect", _become_task)
    return made


def _become_task(connection: psycopg.Connection, _record: object) -> None:
    connection.autocommit = True
    become_task(connection)
    connection.autocommit = False


def runtime(seconds: float = PAGE_SECONDS) -> Runtime:
    """The runtime of services that work for somebody at a page: as the role of tasks, and for no task try."""
    return Runtime(task_engine(), timeout_seconds=seconds)


@contextmanager
def reading(seconds: float = PAGE_SECONDS) -> Iterator[Connection]:
    """A transaction as the role of pages, which sees what they show and writes nothing."""
    with in_words(), unit_of_work(engine(), timeout_seconds=seconds, read_only=True) as connection:
        act_as_reader(connection)
        yield connection


@contextmanager
def writing(seconds: float = PAGE_SECONDS) -> Iterator[Connection]:
    """A transaction as the role of tasks, committed when the block ends: for services that change something."""
    with in_words(), unit_of_work(task_engine(), timeout_seconds=seconds) as connection:
        yield connection


@contextmanager
def reading_for_org(org_id: UUID, seconds: float = PAGE_SECONDS) -> Iterator[Connection]:
    """A transaction as the role of the API, which sees the briefings of this org and writes nothing."""
    with in_words(), unit_of_work(engine(), timeout_seconds=seconds, read_only=True) as connection:
        act_for_org(connection, org_id)
        yield connection


@contextmanager
def acting_as(user_id: UUID, seconds: float = PAGE_SECONDS) -> Iterator[Connection]:
    """A transaction as the role of the API on behalf of a user, committed when the block ends."""
    with in_words(), unit_of_work(engine(), timeout_seconds=seconds) as connection:
        act_as_user(connection, user_id)
        yield connection


def _read() -> Iterator[Connection]:
    with reading() as connection:
        yield connection


Database = Annotated[Connection, Depends(_read)]
"""The connection of a page: open until its answer is made."""


@contextmanager
def in_words() -> Iterator[None]:
    """Turns what the database may say into an answer that names the remedy; none of it quotes a value."""
    try:
        yield
    except AirflowNotFoundException as error:
        raise HTTPException(status.HTTP_503_SERVICE_UNAVAILABLE, f"{error}: define prospecting_db in Airflow") from None
    except AccessError as error:
        raise HTTPException(status.HTTP_503_SERVICE_UNAVAILABLE, str(error)) from None
    except TimeoutError:
        raise HTTPException(
            status.HTTP_503_SERVICE_UNAVAILABLE, "All connections to the database are in use; try again in a moment"
        ) from None
    except DBAPIError as error:
        state = getattr(error.orig, "sqlstate", None) or ("22021" if isinstance(error, DataError) else "08000")
        if answer := _ANSWERS.get(state):
            raise HTTPException(*answer) from None
        raise


_SILENT = (
    status.HTTP_503_SERVICE_UNAVAILABLE,
    "The application database does not answer; check that it runs, and the Airflow connection prospecting_db",
)
_UNMIGRATED = (status.HTTP_503_SERVICE_UNAVAILABLE, "The application database was not migrated: run make migrate")
_ANSWERS = {
    **dict.fromkeys(
        ("08000", "08001", "08003", "08006", "28P01", "28000", "3D000", "57P01", "57P02", "57P03"), _SILENT
    ),
    **dict.fromkeys(("42P01", "42703", "42883"), _UNMIGRATED),
    # From the server, or from the driver, which does not send such a text.
    **dict.fromkeys(
        ("22003", "22021", "22P05"),
        (status.HTTP_400_BAD_REQUEST, "The request has a text or a number that the database cannot store"),
    ),
    "57014": (status.HTTP_504_GATEWAY_TIMEOUT, "The database took too long; narrow the filters, and try again"),
    "42501": (
        status.HTTP_503_SERVICE_UNAVAILABLE,
        "The login of the API server may not do this in the application database; make verify-db says what is missing",
    ),
    "53300": (status.HTTP_503_SERVICE_UNAVAILABLE, "The database has no connection left; try again in a moment"),
}
