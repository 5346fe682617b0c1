"""The application database, from an Airflow connection."""

from __future__ import annotations

from functools import cached_property, partial

from airflow.sdk import BaseHook, Connection, Context
from sqlalchemy import Engine, text
from sqlalchemy.engine import URL

from prospecting.hooks.execution_webhook import DeliveryNotes, tell_progress
from prospecting.hooks.metrics import count_briefings, count_call, count_circuit_change
from prospecting.persistence.database import TaskAttempt, application_url, engine_for
from prospecting.services.heartbeat import Heartbeat
from prospecting.services.runtime import Runtime


class ProspectingHook(BaseHook):
    """Connects to the application database.

    An empty host means the local Unix socket; a path as host is the socket's folder. Extras become libpq options.

    :param prospecting_conn_id: Airflow connection of type ``postgres``.
    """

    conn_name_attr = "prospecting_conn_id"
    default_conn_name = "prospecting_db"
    hook_name = "Prospecting database"

    def __init__(self, *, prospecting_conn_id: str = default_conn_name) -> None:
        super().__init__()
        self.prospecting_conn_id = prospecting_conn_id

    @cached_property
    def engine(self) -> Engine:
        """The pooled engine of this process. Raises ``ValueError`` for a connection of another type."""
        return engine_from(self.get_connection(self.prospecting_conn_id))

    async def aget_engine(self) -> Engine:
        """The same without blocking, for triggers."""
        return engine_from(await self.aget_connection(self.prospecting_conn_id))

    def get_conn(self) -> Engine:
        """The engine, under the name other hooks use."""
        return self.engine

    def runtime(self, context: Context) -> Runtime:
        """Returns the runtime of services that work for the task try of ``context``."""
        attempt = current_attempt(context)
        return Runtime(
            engine=self.engine,
            attempt=attempt,
            timeout_seconds=statement_timeout_seconds(context),
            is_last_try=is_last_try(context),
            heartbeat=Heartbeat(self.engine, attempt),
            on_settled_call=count_call,
            on_saved_briefings=count_briefings,
            on_circuit_change=count_circuit_change,
            on_progress=partial(tell_progress, note=DeliveryNotes(self.engine, attempt)),
        )

    def test_connection(self) -> tuple[bool, str]:
        """Returns True and the schema version when the database answers, else False and a reason."""
        try:
            with self.engine.connect() as connection:
                version = connection.execute(text("select version_num from alembic_version")).scalar_one_or_none()
        except Exception as error:
            return False, f"{type(error).__name__}: the database does not answer, or was not migrated"
        return True, f"Connected; schema version {version}"


def engine_from(connection: Connection) -> Engine:
    """The pooled engine of a connection. Raises ``ValueError`` when it is of another type."""
    return engine_for(url_of(connection))


def url_of(connection: Connection) -> URL:
    """The URL of a connection's database. Raises ``ValueError`` when it is of another type."""
    if connection.conn_type not in ("postgres", "postgresql"):
        raise ValueError(
            f"The Airflow connection {connection.conn_id} has type {connection.conn_type!r}; it must be postgres"
        )
    extras = connection.extra_dejson
    query = {key: str(value) for key, value in extras.items() if not isinstance(value, (dict, list))}
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
    return application_url(url)


def current_attempt(context: Context) -> TaskAttempt:
    """Which try of which (mapped) task this is; what ``written_by`` points to."""
    ti = context["ti"]
    return TaskAttempt(
        dag_id=ti.dag_id,
        run_id=ti.run_id,
        task_id=ti.task_id,
        map_index=ti.map_index if ti.map_index is not None else -1,
        try_number=ti.try_number,
    )


def statement_timeout_seconds(context: Context) -> float | None:
    """The task's ``execution_timeout``: killing a task must not leave its query running."""
    limit = context["task"].execution_timeout
    return limit.total_seconds() if limit else None


def is_last_try(context: Context) -> bool:
    """True when a failure of this try is final."""
    ti = context["ti"]
    return bool(ti.try_number > ti.max_tries)
