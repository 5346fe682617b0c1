"""Alembic environment of the application database (never Airflow's metadata database)."""

from __future__ import annotations

import logging
import os

from alembic import context
from alembic.util import CommandError
from sqlalchemy import Engine, NullPool, Table, text
from sqlalchemy.schema import SchemaItem

from prospecting.persistence.database import application_url, make_engine, run_in_transaction
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


def upgrades_to_head() -> bool:
    """True for ``upgrade head``; commands that only look, and those on the way elsewhere, change no row."""
    try:
        return context.get_revision_argument() == context.get_head_revision()
    except (KeyError, CommandError):  # the command has no destination, or a relative one
        return False


def refresh_name_keys(engine: Engine) -> None:
    """Bring stored name keys to the rules of this package, in a transaction each for companies and persons."""
    from prospecting.persistence import name_keys

    if not name_keys.log.hasHandlers():
        # A million names take a minute or two: show how far it is, also where nobody has configured logging.
        name_keys.log.addHandler(logging.StreamHandler())
    name_keys.log.setLevel(logging.INFO)
    for refresh in (name_keys.refresh_company_keys, name_keys.refresh_person_keys):
        run_in_transaction(refresh, engine)


if context.is_offline_mode():
    context.configure(url=application_url(url), target_metadata=metadata, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    engine = make_engine(application_url(url), poolclass=NullPool)
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
        if upgrades_to_head():
            refresh_name_keys(engine)
