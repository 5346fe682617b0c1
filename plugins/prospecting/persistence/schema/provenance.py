"""Who wrote a row, and what was found but could not be used."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID

from prospecting.persistence.schema.metadata import bigint_id, created_at, metadata, written_by

task_attempts = Table(
    "task_attempts",
    metadata,
    bigint_id(),
    Column("dag_id", Text, nullable=False),
    Column("run_id", Text, nullable=False),
    Column("task_id", Text, nullable=False),
    Column("map_index", Integer, nullable=False, server_default=text("-1")),
    Column("try_number", Integer, nullable=False),
    Column("started_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("heartbeat_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    UniqueConstraint("dag_id", "run_id", "task_id", "map_index", "try_number"),
    comment="One row per try of an Airflow task that wrote something; written_by columns point here. heartbeat_at: its "
    "last sign of life, about a minute apart while it works.",
)

rejected_records = Table(
    "rejected_records",
    metadata,
    bigint_id(),
    Column("execution_id", UUID(as_uuid=True), ForeignKey("signal_executions.id", ondelete="CASCADE")),
    Column("stage", Text, nullable=False),
    Column("record_type", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("raw", JSONB),
    Column("source", Text),
    Column("fingerprint", Text, nullable=False),
    written_by(),
    created_at(),
    CheckConstraint("stage in ('parse', 'save', 'filter', 'agent')", name="stage"),
    UniqueConstraint(
        "execution_id",
        "fingerprint",
        postgresql_nulls_not_distinct=True,
    ),
    Index("ix_rejected_records_written_by", "written_by"),
    comment="What an agent returned and we could not read, save or use, and why. Nothing found is silently lost.",
)
