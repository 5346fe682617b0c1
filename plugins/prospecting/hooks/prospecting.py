"""What a task needs to work: its database, its identity and its time limit, taken from Airflow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from airflow.sdk import BaseHook, Context, get_current_context
from sqlalchemy import Connection, Engine
from sqlalchemy.engine import URL

from prospecting.persistence.database import TaskAttempt, application_url, engine_for, run_in_transaction

R = TypeVar("R")

DATABASE_CONNECTION_ID = "prospecting_db"


def application_engine() -> Engine:
    """Engine of the application database, from the Airflow connection ``prospecting_db``.

    An empty host means the local Unix socket; a path as host is the socket's folder. Extras become libpq options.
    """
    connection = BaseHook.get_connection(DATABASE_CONNECTION_ID)
    if connection.conn_type not in ("postgres", "postgresql"):
        raise ValueError(
            f"The Airflow connection {DATABASE_CONNECTION_ID} has type {connection.conn_type!r}; it must be postgres"
        )
    query = {key: str(value) for key, value in connection.extra_dejson.items() if not isinstance(value, (dict, list))}
    host = connection.host or None
    if host and host.startswith("/"):
        query["host"], host = host, None
    url = URL.create(
        "postgresql+psycopg",
        username=connection.login or None,
        password=connection.password or None,
        host=host,
        port=connection.port or None,
        database=connection.schema or None,
        query=query,
    )
    return engine_for(application_url(url))


def current_attempt(context: Context | None = None) -> TaskAttempt:
    """Which try of which (mapped) task this is; what ``written_by`` will point to."""
    ti = (context or get_current_context())["ti"]
    return TaskAttempt(
        dag_id=ti.dag_id,
        run_id=ti.run_id,
        task_id=ti.task_id,
        map_index=ti.map_index if ti.map_index is not None else -1,
        try_number=ti.try_number,
    )


def statement_timeout_seconds(context: Context | None = None) -> float | None:
    """The task's ``execution_timeout``: killing a task shall not leave its query running."""
    limit = (context or get_current_context())["task"].execution_timeout
    return limit.total_seconds() if limit else None


def in_transaction(work: Callable[[Connection], R]) -> R:
    """Run ``work(connection)`` as one transaction of the current task try."""
    context = get_current_context()
    return run_in_transaction(
        work, application_engine(), current_attempt(context), timeout_seconds=statement_timeout_seconds(context)
    )


def looking(work: Callable[[Connection], R]) -> R:
    """Run ``work(connection)`` as one transaction that leaves no trace: nobody is registered as having written."""
    timeout = statement_timeout_seconds()
    return run_in_transaction(work, application_engine(), timeout_seconds=timeout)


def is_last_try(context: Context | None = None) -> bool:
    """True when a failure of this try is final."""
    ti = (context or get_current_context())["ti"]
    return bool(ti.try_number > ti.max_tries)


def show_as(label: str) -> None:
    """Name this mapped task instance in the UI (``map_index_template="{{ label }}"``)."""
    context: Any = get_current_context()
    context["label"] = label
