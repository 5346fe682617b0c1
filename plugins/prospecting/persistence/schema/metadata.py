"""Every table of the application database, as SQLAlchemy Core tables.

Migrations create them; ``alembic check`` proves that both agree. Conventions:

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
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    Date,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    event,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID

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


def _id() -> Column[int]:
    return Column("id", BigInteger, Identity(always=True), primary_key=True)


def _uuid_id() -> Column[object]:
    return Column("id", UUID(as_uuid=True), primary_key=True, server_default=text("gen_random_uuid()"))


def _written_by() -> Column[int]:
    return Column("written_by", BigInteger, server_default=CURRENT_ATTEMPT)


def _created_at() -> Column[object]:
    return Column("created_at", DateTime(timezone=True), nullable=False, server_default=text("now()"))


def _updated_at() -> Column[object]:
    return Column("updated_at", DateTime(timezone=True), nullable=False, server_default=text("now()"))


def _segmented_id(kind: str) -> Computed:
    """The segmented public id: ``04.04.<kind>.NN.NNNNN.NNN``; the fifth segment simply grows past 99,999."""
    return Computed(
        f"'04.04.{kind}.' || lpad(mod(id, 100)::text, 2, '0') || '.' || lpad(id::text, greatest(5, length(id::text)), '0')"
        " || '.' || lpad(mod(id, 1000)::text, 3, '0')",
        persisted=True,
    )


# --------------------------------------------------------------------------------------------------- provenance
task_attempts = Table(
    "task_attempts",
    metadata,
    _id(),
    Column("dag_id", Text, nullable=False),
    Column("run_id", Text, nullable=False),
    Column("task_id", Text, nullable=False),
    Column("map_index", Integer, nullable=False, server_default=text("-1")),
    Column("try_number", Integer, nullable=False),
    Column("started_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    UniqueConstraint("dag_id", "run_id", "task_id", "map_index", "try_number"),
    comment="One row per try of an Airflow task that wrote something; written_by columns point here.",
)

rejected_records = Table(
    "rejected_records",
    metadata,
    _id(),
    Column("execution_id", UUID(as_uuid=True), ForeignKey("signal_executions.id", ondelete="CASCADE")),
    Column("stage", Text, nullable=False),
    Column("record_type", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("raw", JSONB),
    Column("source", Text),
    Column("fingerprint", Text, nullable=False),
    _written_by(),
    _created_at(),
    CheckConstraint("stage in ('parse', 'save', 'filter', 'agent')", name="stage"),
    UniqueConstraint(
        "execution_id",
        "fingerprint",
        postgresql_nulls_not_distinct=True,
    ),
    comment="What an agent returned and we could not read, save or use, and why. Nothing found is silently lost.",
)

# -------------------------------------------------------------------------------------------------------- spine
orgs = Table(
    "orgs",
    metadata,
    _uuid_id(),
    Column("name", Text, nullable=False),
    Column("slug", Text, nullable=False, unique=True),
    _created_at(),
    _updated_at(),
)

cities = Table(
    "cities",
    metadata,
    _id(),
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False),
    Column("region", Text),
    Column("country_code", Text),
    _written_by(),
    _created_at(),
    CheckConstraint("name_key <> ''", name="name_key_not_empty"),
    CheckConstraint("country_code ~ '^[A-Z]{2}$'", name="country_code"),
    UniqueConstraint("name_key", "region", "country_code", postgresql_nulls_not_distinct=True),
)

venues = Table(
    "venues",
    metadata,
    _id(),
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False),
    Column("city_id", BigInteger, ForeignKey("cities.id")),
    _written_by(),
    _created_at(),
    CheckConstraint("name_key <> ''", name="name_key_not_empty"),
    UniqueConstraint("name_key", "city_id", postgresql_nulls_not_distinct=True),
)

companies = Table(
    "companies",
    metadata,
    _id(),
    Column("company_unique_id", Text, _segmented_id("01"), unique=True),
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False),
    Column("domain", Text),
    Column("website_url", Text),
    Column("linkedin_url", Text),
    Column("primary_industry", Text),
    Column("employee_range", Text),
    Column("description", Text),
    Column("source_system", Text, nullable=False),
    Column("merged_into_id", BigInteger, ForeignKey("companies.id")),
    _written_by(),
    _created_at(),
    _updated_at(),
    CheckConstraint("name_key <> ''", name="name_key_not_empty"),
    CheckConstraint("domain <> '' and domain = lower(domain)", name="domain_normalised"),
    CheckConstraint("length(name) <= 500", name="name_length"),
    CheckConstraint("merged_into_id <> id", name="not_merged_into_itself"),
    Index("uq_companies_domain", "domain", unique=True, postgresql_where=text("domain is not null")),
    Index("uq_companies_name_key_without_domain", "name_key", unique=True, postgresql_where=text("domain is null")),
    Index("ix_companies_name_key", "name_key"),
    Index("ix_companies_merged_into_id", "merged_into_id", postgresql_where=text("merged_into_id is not null")),
    comment="One row per real company, whichever system found it. Identity: domain, else name key.",
)

persons = Table(
    "persons",
    metadata,
    _id(),
    Column("person_unique_id", Text, _segmented_id("02"), unique=True),
    Column("full_name", Text, nullable=False),
    Column("name_key", Text, nullable=False),
    Column("first_name", Text),
    Column("last_name", Text),
    Column("linkedin_url", Text),
    Column("current_title", Text),
    Column("seniority", Text),
    Column("title_observed_on", Date),
    Column("location_text", Text),
    Column("bio", Text),
    Column("source_system", Text, nullable=False),
    Column("merged_into_id", BigInteger, ForeignKey("persons.id")),
    _written_by(),
    _created_at(),
    _updated_at(),
    CheckConstraint("name_key <> ''", name="name_key_not_empty"),
    CheckConstraint("linkedin_url <> ''", name="linkedin_url_not_empty"),
    CheckConstraint("length(full_name) <= 500", name="full_name_length"),
    CheckConstraint(
        "seniority in ('C-Suite', 'VP', 'Director', 'Manager', 'Individual Contributor')", name="seniority"
    ),
    CheckConstraint("merged_into_id <> id", name="not_merged_into_itself"),
    Index("uq_persons_linkedin_url", "linkedin_url", unique=True, postgresql_where=text("linkedin_url is not null")),
    Index("ix_persons_name_key", "name_key"),
    comment="One row per real person. Identity: LinkedIn URL, then e-mail, then name key within a company.",
)

contact_channels = Table(
    "contact_channels",
    metadata,
    _id(),
    Column("person_id", BigInteger, ForeignKey("persons.id", ondelete="CASCADE"), nullable=False),
    Column("channel_type", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("value_key", Text, nullable=False),
    Column("is_identity", Boolean, nullable=False, server_default=text("true")),
    Column("validation_status", Text, nullable=False, server_default=text("'unverified'")),
    _written_by(),
    _created_at(),
    CheckConstraint("channel_type in ('email', 'phone')", name="channel_type"),
    CheckConstraint("value_key <> ''", name="value_key_not_empty"),
    UniqueConstraint("person_id", "channel_type", "value_key"),
    Index(
        "uq_contact_channels_identity",
        "channel_type",
        "value_key",
        unique=True,
        postgresql_where=text("is_identity and channel_type = 'email'"),
    ),
    comment="E-mail and phone of a person. A personal e-mail identifies one person; shared mailboxes identify nobody.",
)

company_person_roles = Table(
    "company_person_roles",
    metadata,
    _id(),
    Column("company_id", BigInteger, ForeignKey("companies.id", ondelete="CASCADE"), nullable=False),
    Column("person_id", BigInteger, ForeignKey("persons.id", ondelete="CASCADE"), nullable=False),
    Column("role_title", Text),
    Column("role_key", Text),
    Column("role_category", Text, nullable=False),
    Column("seniority", Text),
    Column("is_decision_maker", Boolean, nullable=False, server_default=text("false")),
    Column("is_current", Boolean, nullable=False, server_default=text("true")),
    Column("observed_on", Date),
    Column("source_system", Text, nullable=False),
    _written_by(),
    _created_at(),
    _updated_at(),
    CheckConstraint("role_key <> ''", name="role_key_not_empty"),
    CheckConstraint(
        "role_category in ('c_level', 'marketing', 'sales', 'partnerships', 'other')", name="role_category"
    ),
    UniqueConstraint("company_id", "person_id", "role_key", postgresql_nulls_not_distinct=True),
    Index("ix_company_person_roles_person_id", "person_id"),
)

merge_candidates = Table(
    "merge_candidates",
    metadata,
    _id(),
    Column("entity_type", Text, nullable=False),
    Column("left_id", BigInteger, nullable=False),
    Column("right_id", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("evidence", JSONB, nullable=False),
    Column("status", Text, nullable=False, server_default=text("'open'")),
    _written_by(),
    _created_at(),
    CheckConstraint("entity_type in ('company', 'person')", name="entity_type"),
    CheckConstraint("status in ('open', 'merged', 'distinct')", name="status"),
    CheckConstraint("left_id < right_id", name="ordered_pair"),
    UniqueConstraint("entity_type", "left_id", "right_id"),
    comment="Pairs that may be one company or person, with the evidence; a person decides.",
)

# ------------------------------------------------------------------------------------------------------ signals
signals = Table(
    "signals",
    metadata,
    _uuid_id(),
    Column("org_id", UUID(as_uuid=True), ForeignKey("orgs.id", ondelete="CASCADE")),
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False),
    Column("description", Text),
    Column("type", Text, nullable=False),
    Column("status", Text, nullable=False, server_default=text("'active'")),
    Column("configuration", JSONB, nullable=False),
    Column("schedule", JSONB),
    _written_by(),
    _created_at(),
    _updated_at(),
    CheckConstraint("name_key <> ''", name="name_key_not_empty"),
    CheckConstraint("type in ('conference', 'funding', 'hiring')", name="type"),
    CheckConstraint("status in ('active', 'paused', 'archived')", name="status"),
    UniqueConstraint("org_id", "name_key", postgresql_nulls_not_distinct=True),
)

signal_executions = Table(
    "signal_executions",
    metadata,
    _uuid_id(),
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
    _written_by(),
    _created_at(),
    _updated_at(),
    CheckConstraint(
        "status in ('running', 'completed', 'completed_with_errors', 'failed', 'cancelled')", name="status"
    ),
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
    _written_by(),
    _created_at(),
    CheckConstraint("entity_type in ('event', 'company', 'person')", name="entity_type"),
    Index("ix_signal_execution_entities_company", "entity_id", postgresql_where=text("entity_type = 'company'")),
    comment="What an execution found: the ids behind its results. is_new: it was not known before.",
)

events = Table(
    "events",
    metadata,
    _id(),
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
    _written_by(),
    _created_at(),
    _updated_at(),
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
    _written_by(),
    _created_at(),
    _updated_at(),
    Index("ix_event_sponsors_company_id", "company_id"),
    comment="Who sponsors what. sponsor_tier is the best tier seen, tier_labels all of them word for word.",
)

# -------------------------------------------------------------------------------------------------------- slots
# Three seats a company: numbers (n - 1) * 3 + 1, 2 and 3, where n is the company's own number.
_NUMBER = """((split_part(company_unique_id, '.', 5)::bigint - 1) * 3
        + case slot_type when 'CEO' then 1 when 'CFO' then 2 else 3 end)"""
# One expression, however long: PostgreSQL puts it in place of the call, which a subquery would prevent.
_SLOT_UNIQUE_ID = f"""
create function slot_unique_id(company_unique_id text, slot_type text) returns text
language sql immutable parallel safe as $$
    select '04.04.05.' || lpad(({_NUMBER} % 100)::text, 2, '0')
        || '.' || lpad({_NUMBER}::text, greatest(5, length({_NUMBER}::text)), '0')
        || '.' || lpad(({_NUMBER} % 1000)::text, 3, '0')
$$"""

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
    _written_by(),
    _created_at(),
    CheckConstraint("slot_type in ('CEO', 'CFO', 'HR')", name="slot_type"),
    CheckConstraint("enrichment_attempts >= 0", name="enrichment_attempts"),
    CheckConstraint("confidence_score between 0 and 1", name="confidence_score"),
    UniqueConstraint("company_unique_id", "slot_type"),
    Index(
        "ix_company_slot_person_unique_id", "person_unique_id", postgresql_where=text("person_unique_id is not null")
    ),
    comment="Who holds a company's seat. is_filled and status follow from person and attempts, so they cannot lie.",
)

slot_transitions = Table(
    "slot_transitions",
    metadata,
    _id(),
    Column("company_slot_unique_id", Text, nullable=False),
    Column("company_unique_id", Text, nullable=False),
    Column("slot_type", Text, nullable=False),
    Column("transition", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("person_unique_id", Text),
    Column("enrichment_attempts", Integer, nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False, server_default=text("clock_timestamp()")),
    _written_by(),
    CheckConstraint(
        "transition in ('open', 'requested', 'filled', 'closed', 'reopened', 'removed')", name="transition"
    ),
    CheckConstraint("status in ('open', 'filled', 'closed_missing')", name="status"),
    Index("ix_slot_transitions_company_slot_unique_id", "company_slot_unique_id", "id"),
    comment="Append-only: every change of a seat, with its state afterwards. Written by triggers on company_slot, and "
    "(requested) with the request. No foreign keys: history outlives what it is about.",
)

# Statement triggers see all changed rows at once, whoever changes them: evaluation, foreign keys, a person with psql.
_SLOT_HISTORY = (
    """
create function record_slot_transitions() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        insert into slot_transitions
            (company_slot_unique_id, company_unique_id, slot_type, transition, status, person_unique_id, enrichment_attempts)
        select company_slot_unique_id, company_unique_id, slot_type,
               case status when 'filled' then 'filled' when 'closed_missing' then 'closed' else 'open' end,
               status, person_unique_id, enrichment_attempts
        from new_slots;
    elsif tg_op = 'UPDATE' then
        insert into slot_transitions
            (company_slot_unique_id, company_unique_id, slot_type, transition, status, person_unique_id, enrichment_attempts)
        select n.company_slot_unique_id, n.company_unique_id, n.slot_type,
               case when n.status = 'filled' then 'filled' when n.status = 'closed_missing' then 'closed'
                    when o.status <> 'open' then 'reopened' else 'open' end,
               n.status, n.person_unique_id, n.enrichment_attempts
        from new_slots as n
        join old_slots as o using (company_slot_unique_id)
        where (n.person_unique_id, n.enrichment_attempts) is distinct from (o.person_unique_id, o.enrichment_attempts);
    elsif tg_op = 'DELETE' then
        insert into slot_transitions
            (company_slot_unique_id, company_unique_id, slot_type, transition, status, person_unique_id, enrichment_attempts)
        select company_slot_unique_id, company_unique_id, slot_type, 'removed', status, person_unique_id,
               enrichment_attempts
        from old_slots;
    else
        insert into slot_transitions
            (company_slot_unique_id, company_unique_id, slot_type, transition, status, person_unique_id, enrichment_attempts)
        select company_slot_unique_id, company_unique_id, slot_type, 'removed', status, person_unique_id,
               enrichment_attempts
        from company_slot;
    end if;
    return null;
end
$$""",
    """
create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '%: % refused: %', tg_table_name, lower(tg_op), tg_argv[0] using errcode = 'restrict_violation';
end
$$""",
    """
create trigger record_insert after insert on company_slot
referencing new table as new_slots for each statement execute function record_slot_transitions()""",
    """
create trigger record_update after update on company_slot
referencing old table as old_slots new table as new_slots for each statement execute function record_slot_transitions()""",
    """
create trigger record_delete after delete on company_slot
referencing old table as old_slots for each statement execute function record_slot_transitions()""",
    """
create trigger record_truncate before truncate on company_slot
for each statement execute function record_slot_transitions()""",
    """
create trigger seats_stay before update of company_unique_id, slot_type on company_slot
for each statement execute function refuse_change('a seat stays with its company; delete it and add the other one')""",
    """
create trigger append_only before update or delete or truncate on slot_transitions
for each statement execute function refuse_change('history is append-only; add a row that says what is true now')""",
)
for _definition in ("create schema if not exists intake", _SLOT_UNIQUE_ID):
    event.listen(metadata, "before_create", DDL(_definition.strip().replace("%", "%%")))  # type: ignore[no-untyped-call]
for _definition in _SLOT_HISTORY:
    event.listen(metadata, "after_create", DDL(_definition.strip().replace("%", "%%")))  # type: ignore[no-untyped-call]

title_seats = Table(
    "title_seats",
    metadata,
    Column("title", Text, primary_key=True),
    Column("ceo_rank", SmallInteger),
    Column("cfo_rank", SmallInteger),
    Column("hr_rank", SmallInteger),
    Column("rules", Integer, nullable=False),
    _written_by(),
    _created_at(),
    comment="What the title classifier says of every title seen: the rank at which it fills a seat (1 is best). rules: "
    "the classifier's version; other versions are classified again.",
)

people_raw_intake = Table(
    "people_raw_intake",
    metadata,
    _id(),
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
    _written_by(),
    _created_at(),
    _updated_at(),
    CheckConstraint("slot_type in ('CEO', 'CFO', 'HR')", name="slot_type"),
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
    _written_by(),
    _created_at(),
    _updated_at(),
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
    """What an evaluation counts; the same for a chunk and for the whole."""
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


slot_evaluations = Table(
    "slot_evaluations",
    metadata,
    _id(),
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
    _written_by(),
    CheckConstraint("status in ('running', 'completed', 'failed')", name="status"),
    comment="One row per run of slot_evaluation: its scope and its summary. is_full: all companies, all seats.",
)

slot_evaluation_chunks = Table(
    "slot_evaluation_chunks",
    metadata,
    Column("evaluation_id", BigInteger, ForeignKey("slot_evaluations.id", ondelete="CASCADE"), primary_key=True),
    Column("chunk", Integer, primary_key=True),
    *_counters(),
    _written_by(),
    comment="The counters of one chunk, written in the chunk's own transaction: a retry adds to what it had changed.",
)

# ------------------------------------------------------------------------------------------------------- ledger
agent_calls = Table(
    "agent_calls",
    metadata,
    _id(),
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
    _written_by(),
    Column("external_id", Text),
    CheckConstraint("status in ('started', 'succeeded', 'reused', 'failed', 'abandoned')", name="status"),
    Index(
        "uq_agent_calls_answer",
        "scope",
        "request_key",
        unique=True,
        postgresql_where=text("status in ('succeeded', 'reused')"),
    ),
    Index("ix_agent_calls_request_key_finished_at", "request_key", "finished_at"),
    Index("ix_agent_calls_unfinished", "scope", "request_key", postgresql_where=text("status = 'started'")),
    Index(
        "uq_agent_calls_external_id",
        "provider",
        "external_id",
        unique=True,
        postgresql_where=text("external_id is not null"),
    ),
    comment="The ledger: every question put to an agent, its raw answer and what it cost.",
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

# ----------------------------------------------------------------------------------------------------- research
# What an org researches belongs to it as a whole: keys of two columns let nothing refer to another org's rows.
submissions = Table(
    "submissions",
    metadata,
    _uuid_id(),
    Column("org_id", UUID(as_uuid=True), ForeignKey("orgs.id", ondelete="CASCADE"), nullable=False),
    Column("company_id", BigInteger, ForeignKey("companies.id")),
    Column("blueprint_id", UUID(as_uuid=True)),
    Column("submitted_by_user_id", UUID(as_uuid=True)),
    Column("source", Text),
    Column("input_payload", JSONB, nullable=False),
    Column("blueprint", JSONB),
    Column("status", Text, nullable=False, server_default=text("'received'")),
    Column("metadata", JSONB),
    Column("request_key", Text),
    _written_by(),
    _created_at(),
    _updated_at(),
    CheckConstraint(
        "status in ('received', 'validated', 'queued', 'running', 'completed', 'failed', 'canceled')", name="status"
    ),
    UniqueConstraint("id", "org_id", name="uq_submissions_id_org_id"),
    UniqueConstraint("id", "company_id", name="uq_submissions_id_company_id", postgresql_nulls_not_distinct=True),
    Index("ix_submissions_org_id", "org_id"),
    Index("ix_submissions_company_id", "company_id", postgresql_where=text("company_id is not null")),
    Index(
        "uq_submissions_request_key",
        "org_id",
        "request_key",
        unique=True,
        postgresql_where=text("request_key is not null and status <> 'canceled'"),
    ),
    comment="What an org asked to have researched: entities, and the steps each goes through.",
)

pipeline_runs = Table(
    "pipeline_runs",
    metadata,
    _uuid_id(),
    Column("org_id", UUID(as_uuid=True), nullable=False),
    Column("company_id", BigInteger),
    Column("submission_id", UUID(as_uuid=True), nullable=False),
    Column("blueprint_id", UUID(as_uuid=True)),
    Column("trigger_run_id", Text),
    Column("blueprint_snapshot", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Column("blueprint_version", Integer, nullable=False, server_default=text("1")),
    Column("entity_index", Integer),
    Column("status", Text, nullable=False, server_default=text("'queued'")),
    Column("attempt", Integer, nullable=False, server_default=text("1")),
    Column("started_at", DateTime(timezone=True)),
    Column("finished_at", DateTime(timezone=True)),
    Column("error_message", Text),
    Column("error_details", JSONB),
    Column("parent_pipeline_run_id", UUID(as_uuid=True)),
    _written_by(),
    _created_at(),
    _updated_at(),
    CheckConstraint("status in ('queued', 'running', 'succeeded', 'failed', 'canceled')", name="status"),
    CheckConstraint("attempt >= 1", name="attempt"),
    UniqueConstraint("id", "org_id", name="uq_pipeline_runs_id_org_id"),
    UniqueConstraint("id", "submission_id", name="uq_pipeline_runs_id_submission_id"),
    UniqueConstraint("id", "company_id", name="uq_pipeline_runs_id_company_id", postgresql_nulls_not_distinct=True),
    ForeignKeyConstraint(
        ["submission_id", "org_id"],
        ["submissions.id", "submissions.org_id"],
        name="fk_pipeline_runs_submission_id_org_id",
        ondelete="CASCADE",
    ),
    ForeignKeyConstraint(
        ["submission_id", "company_id"],
        ["submissions.id", "submissions.company_id"],
        name="fk_pipeline_runs_submission_id_company_id",
        ondelete="CASCADE",
    ),
    ForeignKeyConstraint(
        ["parent_pipeline_run_id", "submission_id"],
        ["pipeline_runs.id", "pipeline_runs.submission_id"],
        name="fk_pipeline_runs_parent_pipeline_run_id_submission_id",
        ondelete="SET NULL (parent_pipeline_run_id)",
    ),
    Index("ix_pipeline_runs_submission_id", "submission_id"),
    Index(
        "uq_pipeline_runs_entity",
        "submission_id",
        "parent_pipeline_run_id",
        "entity_index",
        "attempt",
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=text("entity_index is not null"),
    ),
    Index(
        "uq_pipeline_runs_trigger_run_id",
        "trigger_run_id",
        unique=True,
        postgresql_where=text("trigger_run_id is not null"),
    ),
    Index(
        "ix_pipeline_runs_parent_pipeline_run_id",
        "parent_pipeline_run_id",
        postgresql_where=text("parent_pipeline_run_id is not null"),
    ),
    comment="One entity of a submission on its way through the steps. A fan-out makes further runs, children of the "
    "first.",
)

step_results = Table(
    "step_results",
    metadata,
    _uuid_id(),
    Column("org_id", UUID(as_uuid=True), nullable=False),
    Column("company_id", BigInteger),
    Column("pipeline_run_id", UUID(as_uuid=True), nullable=False),
    Column("submission_id", UUID(as_uuid=True), nullable=False),
    Column("step_id", UUID(as_uuid=True)),
    Column("blueprint_step_id", UUID(as_uuid=True)),
    Column("step_position", Integer, nullable=False),
    Column("task_run_id", Text),
    Column("status", Text, nullable=False, server_default=text("'queued'")),
    Column("input_payload", JSONB),
    Column("output_payload", JSONB),
    Column(
        "result_operation_id",
        Text,
        Computed("output_payload #>> '{operation_result,operation_id}'", persisted=True),
    ),
    Column("result_status", Text, Computed("output_payload #>> '{operation_result,status}'", persisted=True)),
    Column("error_message", Text),
    Column("error_details", JSONB),
    Column("started_at", DateTime(timezone=True)),
    Column("finished_at", DateTime(timezone=True)),
    Column(
        "ended_at",
        DateTime(timezone=True),
        Computed("coalesce(finished_at, started_at, created_at)", persisted=True),
    ),
    Column("duration_ms", Integer),
    Column("attempt", Integer, nullable=False, server_default=text("1")),
    _written_by(),
    _created_at(),
    _updated_at(),
    CheckConstraint("step_position > 0", name="step_position"),
    CheckConstraint("status in ('queued', 'running', 'succeeded', 'failed', 'skipped', 'retrying')", name="status"),
    CheckConstraint("attempt >= 1", name="attempt"),
    UniqueConstraint("pipeline_run_id", "step_position", "attempt"),
    ForeignKeyConstraint(
        ["pipeline_run_id", "org_id"],
        ["pipeline_runs.id", "pipeline_runs.org_id"],
        name="fk_step_results_pipeline_run_id_org_id",
        ondelete="CASCADE",
    ),
    ForeignKeyConstraint(
        ["pipeline_run_id", "submission_id"],
        ["pipeline_runs.id", "pipeline_runs.submission_id"],
        name="fk_step_results_pipeline_run_id_submission_id",
        ondelete="CASCADE",
    ),
    ForeignKeyConstraint(
        ["pipeline_run_id", "company_id"],
        ["pipeline_runs.id", "pipeline_runs.company_id"],
        name="fk_step_results_pipeline_run_id_company_id",
        ondelete="CASCADE",
    ),
    Index("ix_step_results_submission_id", "submission_id", "result_operation_id", "ended_at", "id"),
    comment="Each try of each step of a pipeline run. output_payload: {operation_result, cumulative_context}; "
    "generated columns: what it says.",
)

research_entities = Table(
    "research_entities",
    metadata,
    _uuid_id(),
    Column("org_id", UUID(as_uuid=True), ForeignKey("orgs.id", ondelete="CASCADE"), nullable=False),
    Column("entity_type", Text, nullable=False),
    Column("tokens", ARRAY(Text), nullable=False),
    Column("payload", JSONB, nullable=False),
    Column("version", Integer, nullable=False, server_default=text("1")),
    Column("refreshed_at", DateTime(timezone=True), nullable=False),
    Column("source_pipeline_run_id", UUID(as_uuid=True), ForeignKey("pipeline_runs.id", ondelete="SET NULL")),
    _written_by(),
    _created_at(),
    _updated_at(),
    CheckConstraint("entity_type in ('company', 'person')", name="entity_type"),
    CheckConstraint("cardinality(tokens) > 0", name="tokens"),
    Index("ix_research_entities_tokens", "tokens", postgresql_using="gin"),
    Index("ix_research_entities_org_id", "org_id"),
    Index(
        "ix_research_entities_source_pipeline_run_id",
        "source_pipeline_run_id",
        postgresql_where=text("source_pipeline_run_id is not null"),
    ),
    comment="What pipeline runs found out about an entity last, so that a step can be skipped while that is fresh.",
)

# ---------------------------------------------------------------------------------------------------- briefings
for _definition in (
    r"""
create function text_key(value text) returns text
language sql immutable parallel safe as $$
    select nullif(lower(normalize(btrim(value, E' \t\n\r\f\v\u00a0'), NFKC)), '')
$$""",
):
    event.listen(metadata, "before_create", DDL(_definition.strip().replace("%", "%%")))  # type: ignore[no-untyped-call]


def _source(table: str, column: str, target: str) -> ForeignKeyConstraint:
    """Where a briefing comes from: within its own org, and it outlives that."""
    return ForeignKeyConstraint(
        [column, "org_id"],
        [f"{target}.id", f"{target}.org_id"],
        name=f"fk_{table}_{column}_org_id",
        ondelete=f"SET NULL ({column})",
    )


def _briefings(table: str, *columns: Column[str], keys: tuple[Index | CheckConstraint, ...], comment: str) -> Table:
    """A table of deep research: its own columns, then what all of them say about the research."""
    return Table(
        table,
        metadata,
        _uuid_id(),
        Column("org_id", UUID(as_uuid=True), ForeignKey("orgs.id", ondelete="CASCADE"), nullable=False),
        *columns,
        Column("parallel_run_id", Text),
        Column("processor", Text),
        Column("source_submission_id", UUID(as_uuid=True)),
        Column("source_pipeline_run_id", UUID(as_uuid=True)),
        _created_at(),
        _updated_at(),
        Column("researched_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
        _written_by(),
        _source(table, "source_submission_id", "submissions"),
        _source(table, "source_pipeline_run_id", "pipeline_runs"),
        *keys,
        *(
            Index(f"ix_{table}_{column}", column, postgresql_where=text(f"{column} is not null"))
            for column in ("source_submission_id", "source_pipeline_run_id")
        ),
        comment=comment,
    )


def _history(table: str) -> Table:
    return Table(
        f"{table}_history",
        metadata,
        _id(),
        Column("briefing_id", UUID(as_uuid=True), ForeignKey(f"{table}.id", ondelete="CASCADE"), nullable=False),
        Column("org_id", UUID(as_uuid=True), ForeignKey("orgs.id", ondelete="CASCADE"), nullable=False),
        Column("record", JSONB, nullable=False),
        Column("researched_at", DateTime(timezone=True), nullable=False),
        Column("digest", Text, nullable=False),
        Column("replaced_at", DateTime(timezone=True), nullable=False, server_default=text("clock_timestamp()")),
        _written_by(),
        UniqueConstraint("briefing_id", "digest", name=f"uq_{table}_history_briefing_id_digest"),
        Index(f"ix_{table}_history_org_id", "org_id"),
        comment=f"Research that newer research replaced, or that came in late: the whole row of {table} each time.",
    )


icp_job_titles = _briefings(
    "icp_job_titles",
    Column("company_domain", Text, nullable=False),
    Column("company_name", Text),
    Column("company_description", Text),
    Column("raw_parallel_output", JSONB, nullable=False),
    Column("extracted_titles", JSONB),
    keys=(
        CheckConstraint("company_domain <> ''", name="company_domain"),
        Index("idx_icp_job_titles_dedup", "org_id", "company_domain", unique=True),
    ),
    comment="Which job titles buy at a company: the raw research, one row per company of an org.",
)

extracted_icp_job_title_details = Table(
    "extracted_icp_job_title_details",
    metadata,
    _uuid_id(),
    Column("org_id", UUID(as_uuid=True), ForeignKey("orgs.id", ondelete="CASCADE"), nullable=False),
    Column("company_domain", Text, nullable=False),
    Column("company_name", Text),
    Column("title", Text, nullable=False),
    Column("title_normalized", Text, Computed("lower(trim(title))", persisted=True)),
    Column("buyer_role", Text),
    Column("reasoning", Text),
    Column(
        "source_icp_job_titles_id",
        UUID(as_uuid=True),
        ForeignKey("icp_job_titles.id", ondelete="CASCADE"),
        nullable=False,
    ),
    _written_by(),
    _created_at(),
    _updated_at(),
    CheckConstraint("buyer_role in ('champion', 'evaluator', 'decision_maker')", name="buyer_role"),
    CheckConstraint("trim(title) <> ''", name="title"),
    UniqueConstraint("org_id", "company_domain", "title_normalized", name="uq_extracted_icp_job_title_details_title"),
    Index("ix_extracted_icp_job_title_details_source", "source_icp_job_titles_id"),
    Index("ix_extracted_icp_job_title_details_company_domain", "company_domain"),
    Index("ix_extracted_icp_job_title_details_title_normalized", "org_id", "title_normalized"),
    comment="The single titles read from icp_job_titles.raw_parallel_output; they follow it.",
)

company_intel_briefings = _briefings(
    "company_intel_briefings",
    Column("company_domain", Text, nullable=False),
    Column("company_name", Text),
    Column("client_company_name", Text),
    Column("client_company_description", Text),
    Column("raw_parallel_output", JSONB, nullable=False),
    keys=(
        CheckConstraint("company_domain <> ''", name="company_domain"),
        Index(
            "idx_company_intel_briefings_dedup",
            "org_id",
            "company_domain",
            "client_company_name",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
        Index(
            "uq_company_intel_briefings_key",
            "org_id",
            "company_domain",
            text("text_key(client_company_name)"),
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
        Index("idx_company_intel_briefings_org", "org_id"),
        Index("idx_company_intel_briefings_domain", "org_id", "company_domain"),
        Index("ix_company_intel_briefings_company_domain", "company_domain"),
        Index("idx_company_intel_briefings_client", "org_id", "client_company_name"),
    ),
    comment="What deep research says of a company, seen from a client: one row per company and client of an org, the "
    "newest.",
)

person_intel_briefings = _briefings(
    "person_intel_briefings",
    Column("person_linkedin_url", Text),
    Column("person_full_name", Text, nullable=False),
    Column("person_current_company_name", Text),
    Column("person_current_job_title", Text),
    Column("client_company_name", Text),
    Column("client_company_description", Text),
    Column("customer_company_name", Text),
    Column("raw_parallel_output", JSONB, nullable=False),
    keys=(
        CheckConstraint("text_key(person_full_name) is not null", name="person_full_name"),
        Index(
            "idx_person_intel_briefings_dedup",
            "org_id",
            "person_full_name",
            "person_current_company_name",
            "client_company_name",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
        Index(
            "uq_person_intel_briefings_key",
            "org_id",
            text("text_key(person_full_name)"),
            text("text_key(person_current_company_name)"),
            text("text_key(client_company_name)"),
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
        Index("idx_person_intel_briefings_org", "org_id"),
        Index("idx_person_intel_briefings_linkedin", "org_id", "person_linkedin_url"),
        Index("ix_person_intel_briefings_person_linkedin_url", "person_linkedin_url"),
        Index("idx_person_intel_briefings_company", "org_id", "person_current_company_name"),
        Index("idx_person_intel_briefings_client", "org_id", "client_company_name"),
    ),
    comment="What deep research says of a person, seen from a client: one row per person, company and client of an org, "
    "the newest.",
)

icp_job_titles_history = _history("icp_job_titles")
company_intel_briefings_history = _history("company_intel_briefings")
person_intel_briefings_history = _history("person_intel_briefings")

briefing_writes = Table(
    "briefing_writes",
    metadata,
    Column("step_result_id", UUID(as_uuid=True), ForeignKey("step_results.id", ondelete="CASCADE"), primary_key=True),
    Column("kind", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("reason", Text),
    Column("detail", Text),
    Column("attempts", Integer, nullable=False, server_default=text("1")),
    _written_by(),
    _created_at(),
    _updated_at(),
    CheckConstraint("kind in ('company', 'person', 'icp_job_titles')", name="kind"),
    CheckConstraint("status in ('written', 'failed', 'rejected')", name="status"),
    Index("ix_briefing_writes_failed", "step_result_id", postgresql_where=text("status = 'failed'")),
    comment="Whether the result of a research step reached its table. failed: it will be tried again; rejected: it says "
    "why it cannot be.",
)

# Nobody but the owner reads these without a policy.
for _table in (
    submissions,
    pipeline_runs,
    step_results,
    research_entities,
    icp_job_titles,
    icp_job_titles_history,
    extracted_icp_job_title_details,
    company_intel_briefings,
    company_intel_briefings_history,
    person_intel_briefings,
    person_intel_briefings_history,
    briefing_writes,
):
    event.listen(_table, "after_create", DDL(f"alter table {_table.name} enable row level security"))  # type: ignore[no-untyped-call]

# ----------------------------------------------------------------------------------------------------- features
_PRIORITY = "priority_level in ('high', 'medium', 'low')"
_TRANSACTION = text("pg_current_xact_id()::text::bigint")


def _recorded_at() -> Column[object]:
    return Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=text("now()"))


def _research_features() -> list[Column[object]]:
    """What one research says of a company, flattened; NULL: not known."""
    return [
        Column("icp_score", Integer),
        Column("priority_level", Text),
        Column("is_b2b_saas", Boolean),
        Column("has_modern_stack", Boolean),
        Column("technology_count", Integer),
        Column("has_open_engineering_roles", Boolean),
        Column("engineering_role_count", Integer),
        Column("total_open_roles", Integer),
        Column("has_engineering_blog", Boolean),
        Column("employees_min", Integer),
        Column("employees_max", Integer),
        Column("has_funding", Boolean),
    ]


def _account_features() -> list[Column[object]]:
    """What all systems together know of an account at a moment."""

    def count(name: str) -> Column[object]:
        return Column(name, Integer, nullable=False, server_default=text("0"))

    return [
        *_research_features(),
        count("research_run_count"),
        count("failed_run_count"),
        Column("last_research_at", DateTime(timezone=True)),
        count("sponsored_event_count"),
        Column("best_sponsor_tier_rank", SmallInteger),
        Column("last_sponsored_on", Date),
        count("hiring_signal_count"),
        count("funding_signal_count"),
        Column("last_signal_at", DateTime(timezone=True)),
        count("slots_filled"),
        count("slots_open"),
        count("company_briefing_count"),
        count("person_briefing_count"),
        count("icp_title_count"),
        Column("last_briefing_at", DateTime(timezone=True)),
        count("interaction_count"),
        count("viewed_count"),
        count("opened_research_count"),
        count("contacted_count"),
        count("meeting_booked_count"),
        count("deal_won_count"),
        count("deal_lost_count"),
        count("interaction_count_30d"),
        count("interaction_count_90d"),
        count("engaged_user_count"),
        Column("engagement_score", Numeric(4, 3), nullable=False, server_default=text("0")),
        Column("last_interaction_at", DateTime(timezone=True)),
        Column("last_contacted_at", DateTime(timezone=True)),
    ]


users = Table(
    "users",
    metadata,
    _uuid_id(),
    _created_at(),
    comment="Who uses the product, by the id row-level security compares. Deleting a user deletes their research and "
    "interactions.",
)

prospect_intelligence = Table(
    "prospect_intelligence",
    metadata,
    _uuid_id(),
    Column("user_id", UUID(as_uuid=True), ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("website_url", Text, nullable=False),
    Column("company_name", Text, nullable=False),
    Column("data", JSONB, nullable=False),
    Column("icp_score", Integer, nullable=False),
    Column("priority_level", Text, nullable=False),
    Column("extracted_at", DateTime(timezone=True), nullable=False),
    Column("extraction_duration_ms", Integer, nullable=False),
    _written_by(),
    _created_at(),
    _updated_at(),
    CheckConstraint("icp_score between 1 and 10", name="icp_score"),
    CheckConstraint(_PRIORITY, name="priority_level"),
    CheckConstraint("extraction_duration_ms >= 0", name="extraction_duration_ms"),
    UniqueConstraint("user_id", "website_url", name="uq_prospect_intelligence_user_id_website_url"),
    Index("ix_prospect_intelligence_user_id", "user_id"),
    Index("ix_prospect_intelligence_priority_level", "priority_level"),
    Index("ix_prospect_intelligence_icp_score", "icp_score"),
    Index("ix_prospect_intelligence_created_at", text("created_at desc")),
    Index("ix_prospect_intelligence_website_url", "website_url"),
    comment="Research of a company, the newest of each user and address. A user sees their own (row-level security).",
)

user_interactions = Table(
    "user_interactions",
    metadata,
    _uuid_id(),
    Column("user_id", UUID(as_uuid=True), ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("account_domain", Text, nullable=False),
    Column("interaction_type", Text, nullable=False),
    Column("interaction_metadata", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    _created_at(),
    _recorded_at(),
    _written_by(),
    CheckConstraint(
        "interaction_type in ('viewed', 'opened_research', 'contacted', 'meeting_booked', 'deal_won', 'deal_lost')",
        name="interaction_type",
    ),
    CheckConstraint("account_domain <> '' and account_domain = lower(account_domain)", name="account_domain"),
    Index("ix_user_interactions_account_domain_created_at", "account_domain", "created_at"),
    Index("ix_user_interactions_user_id_account_domain", "user_id", "account_domain"),
    Index("ix_user_interactions_created_at", "created_at"),
    comment="What users did with an account. Append-only: rows go only with their user. created_at: when it happened; "
    "recorded_at: when we heard of it.",
)

prospect_intelligence_runs = Table(
    "prospect_intelligence_runs",
    metadata,
    _uuid_id(),
    Column("user_id", UUID(as_uuid=True), ForeignKey("users.id", ondelete="SET NULL")),
    Column("account_domain", Text, nullable=False),
    Column("website_url", Text, nullable=False),
    Column("company_name", Text),
    Column("run_status", Text, nullable=False),
    *_research_features(),
    Column("error_type", Text),
    Column("error_message", Text),
    Column("run_key", Text, nullable=False, unique=True, server_default=text("gen_random_uuid()::text")),
    _created_at(),
    _recorded_at(),
    _written_by(),
    CheckConstraint("run_status in ('success', 'error', 'timeout', 'quota', 'network_error')", name="run_status"),
    CheckConstraint("icp_score between 1 and 10", name="icp_score"),
    CheckConstraint(_PRIORITY, name="priority_level"),
    CheckConstraint("account_domain <> '' and account_domain = lower(account_domain)", name="account_domain"),
    Index("ix_prospect_intelligence_runs_account_domain_created_at", "account_domain", "created_at"),
    Index("ix_prospect_intelligence_runs_user_id", "user_id", postgresql_where=text("user_id is not null")),
    comment="Every research that was tried, with what it said of the company, or how it failed. run_key: whose, of "
    "what, when - the same run is here once. created_at: when it ran; recorded_at: when we heard of it.",
)

accounts = Table(
    "accounts",
    metadata,
    _uuid_id(),
    Column("account_domain", Text, nullable=False, unique=True),
    Column("company_name", Text, nullable=False),
    Column("website_url", Text),
    Column(
        "last_prospect_intelligence_id", UUID(as_uuid=True), ForeignKey("prospect_intelligence.id", ondelete="SET NULL")
    ),
    Column("last_icp_score", Integer),
    Column("last_priority_level", Text),
    Column("last_research_at", DateTime(timezone=True)),
    Column("company_id", BigInteger, ForeignKey("companies.id", ondelete="SET NULL")),
    _written_by(),
    _created_at(),
    _updated_at(),
    CheckConstraint("account_domain <> '' and account_domain = lower(account_domain)", name="account_domain"),
    CheckConstraint("last_icp_score between 1 and 10", name="last_icp_score"),
    CheckConstraint("last_priority_level in ('high', 'medium', 'low')", name="last_priority_level"),
    Index("ix_accounts_company_id", "company_id", postgresql_where=text("company_id is not null")),
    Index(
        "ix_accounts_last_prospect_intelligence_id",
        "last_prospect_intelligence_id",
        postgresql_where=text("last_prospect_intelligence_id is not null"),
    ),
    comment="One row per domain that was researched, engaged or signalled. company_id: the same on the spine.",
)

account_signals = Table(
    "account_signals",
    metadata,
    _uuid_id(),
    Column(
        "account_domain", Text, ForeignKey("accounts.account_domain", ondelete="CASCADE"), nullable=False, unique=True
    ),
    Column("company_name", Text, nullable=False),
    *_account_features(),
    _written_by(),
    _created_at(),
    _updated_at(),
    CheckConstraint("icp_score between 1 and 10", name="icp_score"),
    CheckConstraint(_PRIORITY, name="priority_level"),
    Index("ix_account_signals_icp_score", "icp_score"),
    comment="The features of every account as they are now, one flat row each.",
)

account_feature_snapshots = Table(
    "account_feature_snapshots",
    metadata,
    Column("account_domain", Text, ForeignKey("accounts.account_domain", ondelete="CASCADE"), primary_key=True),
    Column("as_of", Date, primary_key=True),
    *_account_features(),
    _written_by(),
    _created_at(),
    _updated_at(),
    Index("ix_account_feature_snapshots_as_of", "as_of"),
    comment="The features of an account as they were when as_of (UTC) began: nothing that happened or was learned later.",
)

account_changes = Table(
    "account_changes",
    metadata,
    _id(),
    Column("account_domain", Text, nullable=False),
    Column("since", DateTime(timezone=True), nullable=False),
    Column("changed_in", BigInteger, nullable=False, server_default=_TRANSACTION),
    Index("ix_account_changes_changed_in", "changed_in", "account_domain"),
    comment="Which accounts something happened to: written by triggers on everything features are made of, read by the "
    "next refresh. since: from when on their features differ; changed_in: the transaction.",
)

feature_refreshes = Table(
    "feature_refreshes",
    metadata,
    _id(),
    Column("airflow_run_id", Text, nullable=False, unique=True),
    Column("params", JSONB, nullable=False),
    Column("scope", Text, nullable=False),
    Column("previous_watermark", JSONB),
    Column("watermark", JSONB, nullable=False),
    Column("as_of", DateTime(timezone=True), nullable=False),
    Column("status", Text, nullable=False, server_default=text("'running'")),
    Column("accounts_changed", Integer, nullable=False, server_default=text("0")),
    Column("signals_written", Integer, nullable=False, server_default=text("0")),
    Column("snapshots_written", Integer, nullable=False, server_default=text("0")),
    Column("error", Text),
    Column("started_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("completed_at", DateTime(timezone=True)),
    _written_by(),
    CheckConstraint("status in ('running', 'completed', 'failed')", name="status"),
    comment="One row per run of ml_feature_refresh: what it looked at and what it wrote. scope: which accounts, and why; "
    "previous_watermark: from where on changes were read, NULL when all accounts were refreshed.",
)

ml_models = Table(
    "ml_models",
    metadata,
    _id(),
    Column("name", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("feature_names", ARRAY(Text), nullable=False),
    Column("parameters", JSONB, nullable=False),
    Column("metrics", JSONB, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("model_card", Text, nullable=False),
    Column("library_versions", JSONB, nullable=False),
    Column("training_rows", Integer, nullable=False),
    Column("positive_rows", Integer, nullable=False),
    Column("trained_until", Date, nullable=False),
    Column("artifact_path", Text),
    Column("artifact_sha256", Text),
    Column("artifact_bytes", BigInteger),
    Column("promoted_at", DateTime(timezone=True)),
    Column("retired_at", DateTime(timezone=True)),
    _written_by(),
    _created_at(),
    CheckConstraint("status in ('rejected', 'promoted', 'retired')", name="status"),
    CheckConstraint("artifact_sha256 ~ '^[0-9a-f]{64}$'", name="artifact_sha256"),
    CheckConstraint(
        "status = 'rejected' or (artifact_path is not null and artifact_sha256 is not null)", name="artifact"
    ),
    UniqueConstraint("name", "version"),
    UniqueConstraint("name", "fingerprint"),
    Index("uq_ml_models_promoted", "name", unique=True, postgresql_where=text("status = 'promoted'")),
    comment="Every model that was trained, with its card. promoted: scores accounts now, one per name; rejected: it was "
    "not better. fingerprint: the same data and settings are trained once.",
)

account_scores = Table(
    "account_scores",
    metadata,
    Column("account_domain", Text, ForeignKey("accounts.account_domain", ondelete="CASCADE"), primary_key=True),
    Column("model_id", BigInteger, ForeignKey("ml_models.id", ondelete="CASCADE"), nullable=False),
    Column("probability", Numeric(6, 5), nullable=False),
    Column("reasons", ARRAY(Text), nullable=False),
    _written_by(),
    _created_at(),
    _updated_at(),
    CheckConstraint("probability between 0 and 1", name="probability"),
    Index("ix_account_scores_probability", text("probability desc")),
    Index("ix_account_scores_model_id", "model_id"),
    comment="How likely an account books a meeting or buys within the model's horizon, and why, by the promoted model.",
)

account_intent = Table(
    "account_intent",
    metadata,
    Column("account_domain", Text, ForeignKey("accounts.account_domain", ondelete="CASCADE"), primary_key=True),
    Column("level", Text, nullable=False),
    Column("activity", Integer, nullable=False),
    Column("expected", Numeric(10, 2), nullable=False),
    Column("lift", Numeric(10, 2), nullable=False),
    Column("reasons", ARRAY(Text), nullable=False),
    Column("observed_on", Date, nullable=False),
    _written_by(),
    _created_at(),
    _updated_at(),
    CheckConstraint("level in ('rising', 'surging')", name="level"),
    comment="Accounts with more activity lately than their own past lets expect; the others have no row.",
)

account_suppressions = Table(
    "account_suppressions",
    metadata,
    Column("account_domain", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("suppressed_until", DateTime(timezone=True)),
    _written_by(),
    _created_at(),
    _updated_at(),
    CheckConstraint("account_domain <> '' and account_domain = lower(account_domain)", name="account_domain"),
    CheckConstraint("trim(reason) <> ''", name="reason"),
    comment="Accounts nobody shall be pointed to, until a moment or for ever.",
)

account_recommendations = Table(
    "account_recommendations",
    metadata,
    Column("recommended_on", Date, primary_key=True),
    Column("account_domain", Text, ForeignKey("accounts.account_domain", ondelete="CASCADE"), primary_key=True),
    Column("rank", Integer, nullable=False),
    Column("score", Numeric(6, 5), nullable=False),
    Column("is_exploration", Boolean, nullable=False),
    Column("propensity", Numeric(9, 8), nullable=False),
    Column("reasons", ARRAY(Text), nullable=False),
    Column("model_id", BigInteger, ForeignKey("ml_models.id", ondelete="SET NULL")),
    _written_by(),
    _created_at(),
    CheckConstraint("rank >= 1", name="rank"),
    CheckConstraint("propensity > 0 and propensity <= 1", name="propensity"),
    UniqueConstraint("recommended_on", "rank"),
    Index("ix_account_recommendations_account_domain", "account_domain"),
    Index("ix_account_recommendations_model_id", "model_id", postgresql_where=text("model_id is not null")),
    comment="Whom to turn to, per day, and why. is_exploration: drawn by chance to learn from; propensity: the chance it "
    "had of being on the list.",
)

for _table, _switches in {
    users: ("enable",),
    prospect_intelligence_runs: ("enable",),
    prospect_intelligence: ("enable", "force"),
    user_interactions: ("enable", "force"),
}.items():
    for _switch in _switches:
        event.listen(_table, "after_create", DDL(f"alter table {_table.name} {_switch} row level security"))  # type: ignore[no-untyped-call]
