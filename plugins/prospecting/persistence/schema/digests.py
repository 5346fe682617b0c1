"""Digests of what is new, and which time each of them was about."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, DateTime, Index, Table, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB

from prospecting.persistence.schema.metadata import bigint_id, metadata, written_by

digests = Table(
    "digests",
    metadata,
    bigint_id(),
    Column("channel", Text, nullable=False),
    Column("since", DateTime(timezone=True), nullable=False),
    Column("until", DateTime(timezone=True), nullable=False),
    Column("counts", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Column("airflow_run_id", Text, nullable=False),
    Column("claimed_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("sent_at", DateTime(timezone=True)),
    written_by(),
    CheckConstraint("channel in ('mail', 'slack')", name="channel"),
    CheckConstraint("since < until", name="until"),
    UniqueConstraint("channel", "since"),
    Index("ix_digests_unsent", "channel", unique=True, postgresql_where=text("sent_at is null")),
    comment="What is new, as told by a channel: one row per digest, about the time from since to before until. sent_at "
    "is empty until it is known to have been sent; counts: how much was new, by kind.",
)
