"""The metadata all tables share, and the columns that most of them have.

Migrations create the tables; ``alembic check`` and a test prove that both agree. Conventions:

- ``id`` is ``bigint`` (spine) or ``uuid`` (signals and their executions).
- ``*_key`` columns hold what the normalisers in ``prospecting.parsing`` make of a name; they are never empty.
- Unique keys over nullable columns are ``NULLS NOT DISTINCT`` or partial, so that NULL never defeats them.
- ``written_by`` names the task attempt that wrote the row last (``task_attempts``). Its default reads a
  transaction-local setting; it carries no foreign key, because checking one costs bulk writes more than it protects.
- Times are ``timestamptz``; ``updated_at`` moves only when a value really changed.
"""

from __future__ import annotations

from sqlalchemy import (
    DDL,
    BigInteger,
    Column,
    Computed,
    DateTime,
    Identity,
    Index,
    Integer,
    MetaData,
    Table,
    event,
    text,
)
from sqlalchemy.dialects.postgresql import UUID

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

CURRENT_ATTEMPT = text("nullif(current_setting('prospecting.task_attempt', true), '')::bigint")


def bigint_id() -> Column[int]:
    return Column("id", BigInteger, Identity(always=True), primary_key=True)


def uuid_id() -> Column[object]:
    return Column("id", UUID(as_uuid=True), primary_key=True, server_default=text("gen_random_uuid()"))


def written_by() -> Column[int]:
    return Column("written_by", BigInteger, server_default=CURRENT_ATTEMPT)


def counter(name: str) -> Column[object]:
    """A number that starts at 0 and is never unknown."""
    return Column(name, Integer, nullable=False, server_default=text("0"))


def run_life() -> list[Column[object]]:
    """Columns of a table with a row per run: a task attempt of the run, and when the row was closed for lack of life.

    ``opened_by`` leads to the signs of life of all tries of the run (``task_attempts``).
    """
    return [
        Column("opened_by", BigInteger, server_default=CURRENT_ATTEMPT),
        Column("abandoned_at", DateTime(timezone=True)),
    ]


def unfinished_index(table: str) -> Index:
    """The few runs that may have to be closed, or opened again."""
    condition = text("status = 'running' or abandoned_at is not null")
    return Index(f"ix_{table}_unfinished", "opened_by", postgresql_where=condition)


def created_at() -> Column[object]:
    return Column("created_at", DateTime(timezone=True), nullable=False, server_default=text("now()"))


def updated_at() -> Column[object]:
    return Column("updated_at", DateTime(timezone=True), nullable=False, server_default=text("now()"))


def segmented_id(kind: str) -> Computed:
    """The segmented public id: ``04.04.<kind>.NN.NNNNN.NNN``; the fifth segment simply grows past 99,999."""
    return Computed(
        f"'04.04.{kind}.' || lpad(mod(id, 100)::text, 2, '0') || '.' || "
        "lpad(id::text, greatest(5, length(id::text)), '0') || '.' || lpad(mod(id, 1000)::text, 3, '0')",
        persisted=True,
    )


def create_before_tables(definition: str) -> None:
    """Declare what must be there before any table is created: a schema, or a function that columns and indexes call."""
    event.listen(metadata, "before_create", DDL(definition.strip().replace("%", "%%")))  # type: ignore[no-untyped-call]


def enable_row_security(*tables: Table, force: bool = False) -> None:
    """Without a policy nobody but the owner reads these tables; with ``force`` not even the owner."""
    for table in tables:
        for switch in ("enable", "force") if force else ("enable",):
            ddl = DDL(f"alter table {table.name} {switch} row level security")  # type: ignore[no-untyped-call]
            event.listen(table, "after_create", ddl)
