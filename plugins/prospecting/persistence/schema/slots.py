"""Seats of companies with their history, the intake queue, routing to enrichment agents, evaluations."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Numeric,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from prospecting.persistence.schema.metadata import (
    bigint_id,
    create_before_tables,
    created_at,
    metadata,
    run_life,
    unfinished_index,
    updated_at,
    written_by,
)
from prospecting.scoring.identity_gate import SEAT_VERDICTS
from prospecting.scoring.seats import SEATS

_SEATS = ", ".join(f"'{seat}'" for seat in SEATS)
_SEAT_IS_KNOWN = f"slot_type in ({_SEATS})"
_POSITION = " ".join(f"when '{seat}' then {position}" for position, seat in enumerate(SEATS[:-1], start=1))
# Three seats a company: numbers (n - 1) * 3 + 1, 2 and 3, where n is the company's own number.
_NUMBER = f"""((split_part(company_unique_id, '.', 5)::bigint - 1) * {len(SEATS)}
        + case slot_type {_POSITION} else {len(SEATS)} end)"""
create_before_tables("create schema if not exists intake")
# One expression, however long: PostgreSQL puts it in place of the call, which a subquery would prevent.
create_before_tables(
    f"""
create function slot_unique_id(company_unique_id text, slot_type text) returns text
language sql immutable parallel safe as $$
    select '04.04.05.' || lpad(({_NUMBER} % 100)::text, 2, '0')
        || '.' || lpad({_NUMBER}::text, greatest(5, length({_NUMBER}::text)), '0')
        || '.' || lpad(({_NUMBER} % 1000)::text, 3, '0')
$$"""
)

company_slot = Table(
    "company_slot",
    metadata,
    Column(
        "company_slot_unique_id",
        Text,
        Computed("slot_unique_id(company_unique_id, slot_type)", persisted=True),
        primary_key=True,
    ),
    Column("company_unique_id", Text, ForeignKey("companies.company_unique_id", ondelete="CASCADE"), nullable=False),
    Column("person_unique_id", Text, ForeignKey("persons.person_unique_id", ondelete="SET NULL")),
    Column("slot_type", Text, nullable=False),
    Column("is_filled", Boolean, Computed("person_unique_id is not null", persisted=True)),
    Column(
        "status",
        String(20),
        Computed(
            "case when person_unique_id is not null then 'filled' when enrichment_attempts >= 2 then 'closed_missing'"
            " else 'open' end",
            persisted=True,
        ),
    ),
    Column("enrichment_attempts", Integer, nullable=False, server_default=text("0")),
    Column("confidence_score", Numeric(3, 2)),
    Column("filled_at", DateTime(timezone=True)),
    Column("filled_by", Text),
    Column("last_refreshed_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("source_system", Text, nullable=False, server_default=text("'manual'")),
    written_by(),
    created_at(),
    Column("is_weak", Boolean, nullable=False, server_default=text("false")),
    Column("due_on", Date),
    Column("last_asked_at", DateTime(timezone=True)),
    Column("answered_by", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    CheckConstraint(_SEAT_IS_KNOWN, name="slot_type"),
    CheckConstraint("enrichment_attempts >= 0", name="enrichment_attempts"),
    CheckConstraint("confidence_score between 0 and 1", name="confidence_score"),
    UniqueConstraint("company_unique_id", "slot_type"),
    Index(
        "ix_company_slot_person_unique_id", "person_unique_id", postgresql_where=text("person_unique_id is not null")
    ),
    Index("ix_company_slot_due_on", "due_on", postgresql_where=text("due_on is not null")),
    comment="Who holds a company's seat. is_filled and status follow from person and attempts, so they cannot lie. "
    "is_weak: the holder's title is below the minimum confidence, and the search goes on. due_on: from this day on the "
    "seat is looked at again without news. answered_by: the providers that have answered for it.",
)

seat_changes = Table(
    "seat_changes",
    metadata,
    bigint_id(),
    Column("company_id", BigInteger, nullable=False),
    Column("changed_in", BigInteger, nullable=False, server_default=text("pg_current_xact_id()::text::bigint")),
    Index("ix_seat_changes_company_id", "company_id"),
    comment="Companies whose seats may have changed: written by triggers on everything an evaluation reads, taken by "
    "the evaluation. changed_in: the transaction. No foreign key: a note may outlive its company.",
)

seat_refusals = Table(
    "seat_refusals",
    metadata,
    Column("company_id", BigInteger, ForeignKey("companies.id", ondelete="CASCADE"), primary_key=True),
    Column("slot_type", Text, primary_key=True),
    Column("person_id", BigInteger, ForeignKey("persons.id", ondelete="CASCADE"), primary_key=True),
    Column("refused_by", Text, nullable=False),
    written_by(),
    created_at(),
    CheckConstraint(_SEAT_IS_KNOWN, name="slot_type"),
    Index("ix_seat_refusals_person_id", "person_id"),
    comment="Who is not the holder of a seat, whatever their title and whoever says so. refused_by: who decided.",
)

slot_transitions = Table(
    "slot_transitions",
    metadata,
    bigint_id(),
    Column("company_slot_unique_id", Text, nullable=False),
    Column("company_unique_id", Text, nullable=False),
    Column("slot_type", Text, nullable=False),
    Column("transition", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("person_unique_id", Text),
    Column("enrichment_attempts", Integer, nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False, server_default=text("clock_timestamp()")),
    written_by(),
    Column("is_weak", Boolean, nullable=False, server_default=text("false")),
    CheckConstraint(
        "transition in ('open', 'requested', 'filled', 'closed', 'reopened', 'removed')", name="transition"
    ),
    CheckConstraint("status in ('open', 'filled', 'closed_missing')", name="status"),
    Index("ix_slot_transitions_company_slot_unique_id", "company_slot_unique_id", "id"),
    # The first night writes most of history: no index on what the one above finds (a company, by the ids of its seats),
    # and none of these two with a line for every request.
    Index(
        "ix_slot_transitions_lost",
        "changed_at",
        postgresql_where=text("transition in ('reopened', 'removed')"),
    ),
    Index("ix_slot_transitions_written_by", "written_by", postgresql_where=text("transition <> 'requested'")),
    comment="Append-only: every change of a seat, with its state afterwards. Written by triggers on company_slot, and "
    "(requested) with the request. No foreign keys: history outlives what it is about.",
)

title_seats = Table(
    "title_seats",
    metadata,
    Column("title", Text, primary_key=True),
    *(Column(f"{seat.lower()}_rank", SmallInteger) for seat in SEATS),
    Column("rules", Integer, nullable=False),
    written_by(),
    created_at(),
    Column("also_ceo_rank", SmallInteger),
    comment="What the title classifier says of every title seen: the rank at which it fills a seat (1 is best). "
    "also_ceo_rank: the rank as CEO where owners, presidents and managing directors count. rules: the classifier's "
    "version; other versions are classified again.",
)

people_raw_intake = Table(
    "people_raw_intake",
    metadata,
    bigint_id(),
    Column("first_name", String(255)),
    Column("last_name", String(255)),
    Column("full_name", String(500)),
    Column("email", String(500)),
    Column("work_phone", String(50)),
    Column("personal_phone", String(50)),
    Column("title", String(500)),
    Column("seniority", String(100)),
    Column("department", String(255)),
    Column("company_name", String(500)),
    Column("company_unique_id", String(100)),
    Column("linkedin_url", Text),
    Column("twitter_url", Text),
    Column("facebook_url", Text),
    Column("bio", Text),
    Column("skills", ARRAY(Text)),
    Column("education", Text),
    Column("certifications", Text),
    Column("city", String(255)),
    Column("state", String(100)),
    Column("state_abbrev", String(2)),
    Column("country", String(100)),
    Column("source_system", String(100), nullable=False),
    Column("source_record_id", String(255)),
    Column("import_batch_id", String(100)),
    Column("validated", Boolean, nullable=False, server_default=text("false")),
    Column("validation_notes", Text),
    Column("validated_at", DateTime(timezone=True)),
    Column("validated_by", Text),
    Column("enrichment_attempt", Integer, nullable=False, server_default=text("0")),
    Column("chronic_bad", Boolean, nullable=False, server_default=text("false")),
    Column("last_enriched_at", DateTime(timezone=True)),
    Column("enriched_by", Text),
    Column("b2_file_path", Text),
    Column("b2_uploaded_at", DateTime(timezone=True)),
    Column("slot_type", String(10)),
    Column("backfill_source", String(50)),
    written_by(),
    created_at(),
    updated_at(),
    Column("promoted_at", DateTime(timezone=True)),
    CheckConstraint(_SEAT_IS_KNOWN, name="slot_type"),
    CheckConstraint(
        "source_system <> 'slot_backfill' or (company_unique_id is not null and slot_type is not null)",
        name="slot_backfill_names_its_slot",
    ),
    Index(
        "idx_people_raw_intake_unique_slot_backfill",
        "company_unique_id",
        "slot_type",
        unique=True,
        postgresql_where=text("source_system = 'slot_backfill' and validated = false"),
    ),
    Index("ix_people_raw_intake_company_unique_id", "company_unique_id", "slot_type"),
    Index(
        "ix_people_raw_intake_unpromoted",
        "company_unique_id",
        postgresql_where=text("source_system = 'slot_backfill' and validated and promoted_at is null"),
    ),
    schema="intake",
    comment="People as they come in, before they are anybody. A slot_backfill row asks for whoever holds a seat.",
)

_UNSETTLED_REQUEST = "record_type = 'person_slot_backfill' and settled_at is null"
_PENDING_REQUEST = "record_type = 'person_slot_backfill' and status in ('pending', 'queued', 'assigned', 'running')"

agent_routing_log = Table(
    "agent_routing_log",
    metadata,
    Column("routing_id", BigInteger, Identity(always=True), primary_key=True),
    Column("garage_run_id", Integer),
    Column("record_type", String(50), nullable=False),
    Column("record_id", String(255), nullable=False),
    Column("garage_bay", String(10), nullable=False),
    Column("agent_name", String(100)),
    Column("routing_reason", Text),
    Column("routed_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("status", String(50), nullable=False, server_default=text("'pending'")),
    Column("assigned_at", DateTime(timezone=True)),
    Column("completed_at", DateTime(timezone=True)),
    Column("error_message", Text),
    Column("cost_credits", Numeric(10, 4)),
    Column("data_quality_score", Integer),
    Column("duration_ms", Integer),
    Column("claimed_by", Text),
    Column("lease_expires_at", DateTime(timezone=True)),
    Column("settled_at", DateTime(timezone=True)),
    written_by(),
    created_at(),
    updated_at(),
    CheckConstraint(
        "status in ('pending', 'queued', 'assigned', 'running', 'completed', 'failed', 'cancelled')", name="status"
    ),
    # One unsettled request per intake row, and one open intake row per seat: so one pending request per seat.
    Index("uq_agent_routing_log_unsettled", "record_id", unique=True, postgresql_where=text(_UNSETTLED_REQUEST)),
    Index("ix_agent_routing_log_claimed_by", "claimed_by", postgresql_where=text("claimed_by is not null")),
    Index("ix_agent_routing_log_queue", "routing_id", postgresql_where=text(_PENDING_REQUEST)),
    comment="Work for enrichment agents. cost_credits are US dollars. claimed_by holds a request until "
    "lease_expires_at. settled_at: the outcome has been counted on its slot.",
)


def _counters() -> list[Column[int]]:
    """The counters of an evaluation; the same for a chunk and for the whole."""
    return [
        Column(name, Integer, nullable=False, server_default=text("0"))
        for name in (
            "companies_processed",
            "slots_created",
            "slots_updated",
            "slots_filled",
            "slots_open",
            "slots_closed_missing",
            "compound_matches",
            "multiple_candidates",
            "backfill_triggered",
            "requests_cancelled",
        )
    ]


def _later_counters() -> list[Column[int]]:
    """Counters that came later, in the order of the tables' columns."""
    return [
        Column(name, Integer, nullable=False, server_default=text("0"))
        for name in ("slots_weak", "verifications_triggered", "unnoted_changes")
    ]


def _held_back() -> list[Column[int]]:
    """How many companies the identity gate holds back, by its verdict."""
    return [
        Column(f"held_back_{verdict}", Integer, nullable=False, server_default=text("0")) for verdict in SEAT_VERDICTS
    ]


slot_evaluations = Table(
    "slot_evaluations",
    metadata,
    bigint_id(),
    Column("airflow_run_id", Text, nullable=False, unique=True),
    Column("params", JSONB, nullable=False),
    Column("is_full", Boolean, nullable=False),
    Column("status", Text, nullable=False, server_default=text("'running'")),
    *_counters(),
    Column(
        "fill_rate",
        Numeric(5, 2),
        Computed(
            "round(100.0 * slots_filled / nullif(slots_filled + slots_open + slots_closed_missing, 0), 2)",
            persisted=True,
        ),
    ),
    Column("error", Text),
    Column("started_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("completed_at", DateTime(timezone=True)),
    written_by(),
    *run_life(),
    Column("is_incremental", Boolean, nullable=False, server_default=text("false")),
    Column("policy", JSONB),
    *_later_counters(),
    *_held_back(),
    CheckConstraint("status in ('running', 'completed', 'failed')", name="status"),
    unfinished_index("slot_evaluations"),
    comment="One row per run of slot_evaluation: its scope and its summary. is_full: all companies, all seats; "
    "is_incremental: of these, those that something happened to. policy: the rules it went by. unnoted_changes: seats "
    "it changed although nothing had been noted. held_back_…: companies whose seats nobody is asked about, by the "
    "reason. abandoned_at: closed as failed because no task of its run gave a sign of life.",
)

slot_evaluation_chunks = Table(
    "slot_evaluation_chunks",
    metadata,
    Column("evaluation_id", BigInteger, ForeignKey("slot_evaluations.id", ondelete="CASCADE"), primary_key=True),
    Column("chunk", Integer, primary_key=True),
    *_counters(),
    written_by(),
    *_later_counters(),
    Column("company_ids", ARRAY(BigInteger)),
    *_held_back(),
    comment="The counters of one chunk, written in the chunk's own transaction: a retry adds to what it had changed. "
    "company_ids: what an incremental evaluation evaluated of its range.",
)

backfill_journal = Table(
    "backfill_journal",
    metadata,
    bigint_id(),
    Column("table_name", Text, nullable=False),
    Column("row_key", Text, nullable=False),
    Column("person_id", BigInteger),
    Column("operation", Text, nullable=False),
    Column("before", JSONB),
    Column("after", JSONB),
    Column("changed_at", DateTime(timezone=True), nullable=False, server_default=text("clock_timestamp()")),
    Column("taken_back_at", DateTime(timezone=True)),
    written_by(),
    CheckConstraint("operation in ('insert', 'update')", name="operation"),
    Index("ix_backfill_journal_written_by", "written_by"),
    Index("ix_backfill_journal_changed_at", "changed_at"),
    comment="Every row that a backfill run wrote, with what it said before and after (of updates the columns that "
    "differ), so that the run can be taken back; then both are emptied. Holds personal data, and goes after 30 days.",
)

JOURNALLED = {
    "observations": ("id", "person_id"),
    "company_person_roles": ("id", "person_id"),
    "contact_channels": ("id", "person_id"),
    "merge_candidates": ("id",),
    "rejected_records": ("id",),
    "agent_routing_log": ("routing_id",),
    "intake.people_raw_intake": ("id",),
    "company_slot": ("company_slot_unique_id",),
    "persons": ("id", "id"),
}
"""The tables that backfill runs write to, referring ones before those they refer to: the key, and the column that says
whom a row is about."""
