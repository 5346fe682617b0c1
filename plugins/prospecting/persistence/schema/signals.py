"""Signals, their executions, and the events and sponsors they find."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID

from prospecting.persistence.schema.metadata import (
    bigint_id,
    created_at,
    metadata,
    run_life,
    unfinished_index,
    updated_at,
    uuid_id,
    written_by,
)

signals = Table(
    "signals",
    metadata,
    uuid_id(),
    Column("org_id", UUID(as_uuid=True), ForeignKey("orgs.id", ondelete="CASCADE")),
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False),
    Column("description", Text),
    Column("type", Text, nullable=False),
    Column("status", Text, nullable=False, server_default=text("'active'")),
    Column("configuration", JSONB, nullable=False),
    Column("schedule", JSONB),
    written_by(),
    created_at(),
    updated_at(),
    CheckConstraint("name_key <> ''", name="name_key_not_empty"),
    CheckConstraint("type in ('conference', 'funding', 'hiring', 'product_launch', 'acquisition')", name="type"),
    CheckConstraint("status in ('active', 'paused', 'archived')", name="status"),
    UniqueConstraint("org_id", "name_key", postgresql_nulls_not_distinct=True),
)

signal_versions = Table(
    "signal_versions",
    metadata,
    Column("signal_id", UUID(as_uuid=True), ForeignKey("signals.id", ondelete="CASCADE"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("type", Text, nullable=False),
    Column("configuration", JSONB, nullable=False),
    written_by(),
    created_at(),
    CheckConstraint("version >= 1", name="version"),
    comment="Every type and configuration that a signal has had, and those that were only tried. The one that equals "
    "the row in signals is published: its schedule runs it. Versions never change.",
)

signal_executions = Table(
    "signal_executions",
    metadata,
    uuid_id(),
    Column("signal_id", UUID(as_uuid=True), ForeignKey("signals.id", ondelete="CASCADE"), nullable=False),
    Column("status", Text, nullable=False, server_default=text("'running'")),
    Column("configuration", JSONB, nullable=False),
    Column("results", JSONB),
    Column("stats", JSONB),
    Column("error", JSONB),
    Column("scheduled_for", DateTime(timezone=True)),
    Column("airflow_run_id", Text),
    Column("started_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("completed_at", DateTime(timezone=True)),
    written_by(),
    created_at(),
    updated_at(),
    *run_life(),
    Column("signal_version", Integer),
    Column(
        "overrides",
        JSONB,
        comment="What was given for this execution alone in place of the configuration of the version; NULL: nothing.",
    ),
    ForeignKeyConstraint(
        ["signal_id", "signal_version"],
        ["signal_versions.signal_id", "signal_versions.version"],
        ondelete="CASCADE",
    ),
    Column("progress_percent", SmallInteger),
    Column("progress_step", Text),
    Column("progress_message", Text),
    Column("progressed_at", DateTime(timezone=True)),
    CheckConstraint(
        "status in ('running', 'completed', 'completed_with_errors', 'failed', 'cancelled')", name="status"
    ),
    CheckConstraint("progress_percent between 0 and 100", name="progress_percent"),
    Index(
        "uq_signal_executions_airflow_run_id",
        "airflow_run_id",
        unique=True,
        postgresql_where=text("airflow_run_id is not null"),
    ),
    Index(
        "uq_signal_executions_scheduled_for",
        "signal_id",
        "scheduled_for",
        unique=True,
        postgresql_where=text("scheduled_for is not null"),
    ),
    Index("ix_signal_executions_signal_id_started_at", "signal_id", "started_at"),
    Index("ix_signal_executions_started_at", "started_at", "id"),
    unfinished_index("signal_executions"),
    comment="One row per run of a signal: its configuration, status and results. abandoned_at: when it was closed as "
    "failed because no task of its run gave a sign of life; a task that goes on opens it again. progress_…: how far it "
    "is, while it runs.",
)

signal_execution_entities = Table(
    "signal_execution_entities",
    metadata,
    Column(
        "execution_id", UUID(as_uuid=True), ForeignKey("signal_executions.id", ondelete="CASCADE"), primary_key=True
    ),
    Column("entity_type", Text, primary_key=True),
    Column("entity_id", BigInteger, primary_key=True),
    Column("is_new", Boolean, nullable=False),
    Column("skip_reason", Text),
    written_by(),
    created_at(),
    Column(
        "priority",
        Double,
        comment="Of a company: how much its sponsorships speak for asking about it first (scoring/sponsorship.py).",
    ),
    CheckConstraint("entity_type in ('event', 'company', 'person', 'company_signal')", name="entity_type"),
    CheckConstraint(
        "skip_reason in ('sponsors_named', 'no_sponsors', 'over_limit', 'suppressed', 'erased', 'not_a_company', "
        "'domain_in_doubt', 'already_known', 'other_kind', 'other_size', 'elsewhere', 'other_technology')",
        name="skip_reason",
    ),
    Index("ix_signal_execution_entities_company", "entity_id", postgresql_where=text("entity_type = 'company'")),
    Index("ix_signal_execution_entities_person", "entity_id", postgresql_where=text("entity_type = 'person'")),
    comment=(
        "What an execution found: the ids behind its results. is_new: it was not known before; skip_reason: why it was "
        "not asked about."
    ),
)

execution_questions = Table(
    "execution_questions",
    metadata,
    Column(
        "execution_id", UUID(as_uuid=True), ForeignKey("signal_executions.id", ondelete="CASCADE"), primary_key=True
    ),
    Column("source", Text, primary_key=True),
    Column("stage", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Column("status", Text, nullable=False, server_default=text("'planned'")),
    Column("answer_id", BigInteger, ForeignKey("agent_calls.id", ondelete="SET NULL")),
    written_by(),
    created_at(),
    updated_at(),
    CheckConstraint("stage in ('discover', 'extract_sponsors', 'find_people')", name="stage"),
    CheckConstraint("status in ('planned', 'answered', 'saved', 'failed')", name="status"),
    Index(
        "ix_execution_questions_unsaved",
        "execution_id",
        "stage",
        "position",
        postgresql_where=text("status in ('planned', 'answered')"),
    ),
    Index("ix_execution_questions_answer_id", "answer_id"),
    comment="The questions that an execution plans, in order: position counts within a stage. An answer is saved once "
    "those to all questions before it are saved or have failed. source: as in rejected_records.",
)

webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    bigint_id(),
    Column("execution_id", UUID(as_uuid=True), ForeignKey("signal_executions.id", ondelete="CASCADE"), nullable=False),
    Column("message_id", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("attempt", SmallInteger, nullable=False),
    Column("status_code", SmallInteger),
    Column("error_kind", Text),
    Column("attempted_at", DateTime(timezone=True), nullable=False),
    Column("delivered_at", DateTime(timezone=True)),
    written_by(),
    CheckConstraint("event in ('started', 'progress', 'finished')", name="event"),
    CheckConstraint("attempt >= 1", name="attempt"),
    CheckConstraint(
        "error_kind in ('unreachable', 'timeout', 'redirected', 'refused', 'unavailable')", name="error_kind"
    ),
    CheckConstraint("(error_kind is null) = (delivered_at is not null)", name="delivered_or_why_not"),
    Index("ix_webhook_deliveries_execution_id", "execution_id", "id"),
    comment="Every try to tell another system of an execution. message_id: the header webhook-id, the same for a "
    "message that says the same again. error_kind: why it was not taken. No addresses and no contents.",
)

events = Table(
    "events",
    metadata,
    bigint_id(),
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False),
    Column("start_dt", Date),
    Column("end_dt", Date),
    Column("date_precision", Text),
    Column("city_id", BigInteger, ForeignKey("cities.id")),
    Column("venue_id", BigInteger, ForeignKey("venues.id")),
    Column("is_online", Boolean, nullable=False, server_default=text("false")),
    Column("website_url", Text),
    Column("attendees", Integer),
    Column("event_type", Text),
    Column("industry", Text),
    Column("description", Text),
    Column("status", Text, nullable=False, server_default=text("'planned'")),
    Column("source_system", Text, nullable=False),
    written_by(),
    created_at(),
    updated_at(),
    Column(
        "dates_recorded_at",
        DateTime(timezone=True),
        comment="When another first day was entered; NULL: it came with the row.",
    ),
    CheckConstraint("name_key <> ''", name="name_key_not_empty"),
    CheckConstraint("length(name) <= 500", name="name_length"),
    CheckConstraint("end_dt >= start_dt", name="dates_in_order"),
    CheckConstraint("date_precision in ('day', 'month', 'year')", name="date_precision"),
    CheckConstraint("status in ('planned', 'updated', 'canceled')", name="status"),
    CheckConstraint("attendees >= 0", name="attendees"),
    UniqueConstraint("name_key", "start_dt", "city_id", postgresql_nulls_not_distinct=True),
    Index("ix_events_start_dt", "start_dt"),
    comment="One row per edition of an event. Identity: name key (without the year), first day and city.",
)

event_sponsors = Table(
    "event_sponsors",
    metadata,
    Column("event_id", BigInteger, ForeignKey("events.id", ondelete="CASCADE"), primary_key=True),
    Column("company_id", BigInteger, ForeignKey("companies.id", ondelete="CASCADE"), primary_key=True),
    Column("sponsor_tier", Text),
    Column("tier_rank", SmallInteger),
    Column("tier_labels", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("source_system", Text, nullable=False),
    written_by(),
    created_at(),
    updated_at(),
    Column(
        "is_past_sponsor",
        Boolean,
        nullable=False,
        server_default=text("false"),
        comment="Of an earlier edition; this one has no list of sponsors yet. An event has such rows or its own, "
        "never both.",
    ),
    Column("past_year", SmallInteger, comment="The year of the latest edition that it sponsored."),
    CheckConstraint("past_year is null or is_past_sponsor", name="past_year"),
    Index("ix_event_sponsors_company_id", "company_id"),
    comment="Who sponsors what. sponsor_tier is the best tier seen, tier_labels all of them word for word.",
)
