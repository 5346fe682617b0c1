"""Every question put to an agent, and how many a provider takes."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Numeric,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from prospecting.persistence.schema.metadata import bigint_id, metadata, written_by

agent_calls = Table(
    "agent_calls",
    metadata,
    bigint_id(),
    Column("scope", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Column("provider", Text, nullable=False),
    Column("request_key", Text, nullable=False),
    Column("request", JSONB, nullable=False),
    Column("status", Text, nullable=False),
    Column("response", LargeBinary),
    Column("error_kind", Text),
    Column("error_message", Text),
    Column("http_status", Integer),
    Column("latency_ms", Integer),
    Column("input_tokens", Integer),
    Column("output_tokens", Integer),
    Column("reserved_usd", Numeric(12, 6), nullable=False, server_default=text("0")),
    Column("cost_usd", Numeric(12, 6)),
    Column("reused_from_id", BigInteger, ForeignKey("agent_calls.id", ondelete="SET NULL")),
    Column("started_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("finished_at", DateTime(timezone=True)),
    Column("expires_at", DateTime(timezone=True)),
    written_by(),
    Column("external_id", Text),
    Column("version", Text),
    Column("truncated", Boolean, nullable=False, server_default=text("false")),
    CheckConstraint("status in ('started', 'succeeded', 'reused', 'failed', 'abandoned')", name="status"),
    Index(
        "uq_agent_calls_answer",
        "scope",
        "request_key",
        unique=True,
        postgresql_where=text("status in ('succeeded', 'reused')"),
    ),
    Index("ix_agent_calls_request_key_finished_at", "request_key", "finished_at"),
    Index(
        "ix_agent_calls_started_at",
        "started_at",
        "id",
        postgresql_include=["provider", "status", "written_by", "cost_usd", "reserved_usd"],
    ),
    Index("ix_agent_calls_scope_id", "scope", "id"),
    Index("ix_agent_calls_unfinished", "scope", "request_key", postgresql_where=text("status = 'started'")),
    Index(
        "ix_agent_calls_observed_cost",
        "provider",
        "agent",
        "version",
        "finished_at",
        postgresql_include=["cost_usd"],
        postgresql_where=text("status = 'succeeded' and cost_usd is not null"),
    ),
    Index(
        "uq_agent_calls_external_id",
        "provider",
        "external_id",
        unique=True,
        postgresql_where=text("external_id is not null"),
    ),
    comment="The ledger: every question put to an agent, its raw answer and what it cost.",
)

agent_steps = Table(
    "agent_steps",
    metadata,
    bigint_id(),
    Column("call_id", BigInteger, ForeignKey("agent_calls.id", ondelete="CASCADE"), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("step_key", Text, nullable=False),
    Column("request", JSONB, nullable=False),
    Column("status", Text, nullable=False),
    Column("response", LargeBinary),
    Column("error_kind", Text),
    Column("error_message", Text),
    Column("http_status", Integer),
    Column("latency_ms", Integer),
    Column("input_tokens", Integer),
    Column("output_tokens", Integer),
    Column("cost_usd", Numeric(12, 6)),
    Column("started_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("finished_at", DateTime(timezone=True)),
    written_by(),
    UniqueConstraint("call_id", "sequence"),
    CheckConstraint("kind in ('model', 'search', 'page')", name="kind"),
    CheckConstraint("status in ('started', 'succeeded', 'failed')", name="status"),
    comment="Every request outside that a call of the ledger took - rounds of the model, searches, pages -, its raw "
    "answer and what it cost. A step that is started below a call that has ended was in flight when its worker died.",
)

web_pages = Table(
    "web_pages",
    metadata,
    Column("url", Text, primary_key=True),
    Column("final_url", Text, nullable=False),
    Column("status", Integer, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("fetched_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("length(url) <= 2000", name="url"),
    Index("ix_web_pages_expires_at", "expires_at"),
    comment="Pages of the web and robots.txt files that live agents read, as they came, until they expire.",
)

rate_limits = Table(
    "rate_limits",
    metadata,
    Column("provider", Text, primary_key=True),
    Column("capacity", Numeric, nullable=False),
    Column("refill_per_second", Numeric, nullable=False),
    Column("tokens", Numeric, nullable=False),
    Column("refilled_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    CheckConstraint("capacity >= 1 and refill_per_second > 0", name="positive"),
    comment="Token buckets per provider; shared by all workers.",
)

provider_answers = Table(
    "provider_answers",
    metadata,
    Column("call_id", BigInteger, ForeignKey("agent_calls.id", ondelete="CASCADE"), primary_key=True),
    Column("provider", Text, nullable=False),
    Column("company_size", Text),
    Column("country", Text),
    Column("was_enough", Boolean, nullable=False),
    Column("answered_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Index("ix_provider_answers_answered_at", "answered_at"),
    comment="Whether the answer of a provider about the seats of a company was enough, by what kind of company: what "
    "the order of providers is learned from.",
)

provider_circuits = Table(
    "provider_circuits",
    metadata,
    Column("provider", Text, primary_key=True),
    Column("state", Text, nullable=False, server_default=text("'closed'")),
    Column("failures", Integer, nullable=False, server_default=text("0")),
    Column("error_kind", Text),
    Column("last_failure_at", DateTime(timezone=True)),
    Column("opened_at", DateTime(timezone=True)),
    Column("retry_at", DateTime(timezone=True)),
    Column("pause_seconds", Double),
    Column("trial_until", DateTime(timezone=True)),
    CheckConstraint("state in ('closed', 'open', 'half_open')", name="state"),
    CheckConstraint("failures >= 0", name="failures"),
    CheckConstraint(
        "(state = 'closed') = (opened_at is null) and (state = 'closed') = (retry_at is null) "
        "and (state = 'closed') = (pause_seconds is null) and (state = 'half_open' or trial_until is null)",
        name="when_open",
    ),
    comment="Providers that failed lately; an open one is not asked.",
)
