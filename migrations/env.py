"""Alembic environment of the application database (never Airflow's metadata database)."""

from __future__ import annotations

import os

from alembic import context
from sqlalchemy import NullPool, Table, create_engine, text
from sqlalchemy.schema import SchemaItem

from prospecting.persistence.database import application_url
from prospecting.persistence.schema.tables import metadata

url = context.get_x_argument(as_dictionary=True).get("url") or os.environ.get("PROSPECTING_DB_URL")
if not url:
    raise SystemExit("No database: set PROSPECTING_DB_URL, or run `prospecting migrate`, which finds it")

LOCK = text("select pg_advisory_lock(hashtext('prospecting.migrations'))")


def ours(found: SchemaItem, _name: str | None, kind: str, _reflected: bool, _compare_to: object) -> bool:
    """Leave tables of other products in the same database alone."""
    return kind != "table" or (isinstance(found, Table) and found.fullname in metadata.tables)


def our_schema(name: str | None, kind: str, _parents: object) -> bool:
    """The default schema (``None``) and those our tables name."""
    return kind != "schema" or name in {table.schema for table in metadata.tables.values()}


if context.is_offline_mode():
    context.configure(url=application_url(url), target_metadata=metadata, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    engine = create_engine(application_url(url), poolclass=NullPool)
    with engine.connect() as connection:
        # Several workers may start at once and all migrate: one does, the others wait and find nothing to do.
        connection.execute(LOCK)
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=metadata,
            compare_type=True,
            # Defaults, checks and comments are compared by tests/db/test_migrations.py: to Alembic, written_by's
            # default looks changed for ever, as it evaluates to NULL.
            compare_server_default=False,
            include_schemas=True,
            include_name=our_schema,
            include_object=ours,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()
