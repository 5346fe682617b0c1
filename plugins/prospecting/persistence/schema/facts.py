"""Signals of companies, and the sources of facts."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Numeric,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from prospecting.persistence.schema.metadata import bigint_id, created_at, metadata, updated_at, written_by

company_signals = Table(
    "company_signals",
    metadata,
    bigint_id(),
    Column("company_id", BigInteger, ForeignKey("companies.id", ondelete="CASCADE"), nullable=False),
    Column("type", Text, nullable=False),
    Column("signal_key", Text, nullable=False),
    Column("round", Text),
    Column("amount", Numeric(18, 2)),
    Column("currency", Text),
    Column("investors", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("position", Text),
    Column("department", Text),
    Column("location", Text),
    Column("product", Text),
    Column("acquirer", Text),
    Column("target", Text),
    Column("occurred_on", Date),
    Column("date_precision", Text),
    Column("source_system", Text, nullable=False),
    written_by(),
    created_at(),
    updated_at(),
    CheckConstraint("type in ('funding', 'hiring', 'product_launch', 'acquisition')", name="type"),
    CheckConstraint("date_precision in ('day', 'month', 'year')", name="date_precision"),
    CheckConstraint("amount >= 0", name="amount"),
    CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency"),
    Index(
        "uq_company_signals_key",
        "company_id",
        "type",
        "signal_key",
        "occurred_on",
        unique=True,
        postgresql_nulls_not_distinct=True,
    ),
    comment="What companies did: funding rounds, open positions, launches, acquisitions. occurred_on: the day it was "
    "announced, posted or launched, with a date_precision as of events. signal_key: what two mentions of one of them "
    "have in common. What is not known is NULL.",
)

SUBJECTS = ("event_id", "company_id", "person_id", "company_signal_id")
"""The columns of ``observations`` of which one says what an observation is about."""

observations = Table(
    "observations",
    metadata,
    bigint_id(),
    Column("event_id", BigInteger, ForeignKey("events.id", ondelete="CASCADE")),
    Column("company_id", BigInteger, ForeignKey("companies.id", ondelete="CASCADE")),
    Column("person_id", BigInteger, ForeignKey("persons.id", ondelete="CASCADE")),
    Column("company_signal_id", BigInteger, ForeignKey("company_signals.id", ondelete="CASCADE")),
    Column("field", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("source_url", Text),
    Column("source_date", Date),
    Column("evidence", Text),
    Column("is_verified", Boolean, nullable=False, server_default=text("false")),
    Column("seen_on", Date, nullable=False),
    Column("call_id", BigInteger, ForeignKey("agent_calls.id", ondelete="SET NULL")),
    Column("fingerprint", Text, nullable=False),
    written_by(),
    created_at(),
    CheckConstraint("num_nonnulls(event_id, company_id, person_id, company_signal_id) = 1", name="one_subject"),
    *(
        Index(
            f"uq_observations_{subject}",
            subject,
            "fingerprint",
            unique=True,
            postgresql_where=text(f"{subject} is not null"),
        )
        for subject in SUBJECTS
    ),
    Index("ix_observations_call_id", "call_id", postgresql_where=text("call_id is not null")),
    comment="Where facts are from: each names one subject (an event, a company, a person or a company signal), a field "
    "and its value, with the page that says so. is_verified: the evidence was found in what the call had read. "
    "seen_on: the last day an answer said so.",
)
