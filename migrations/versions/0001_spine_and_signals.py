"""spine and signals

Revision: 0001, after
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_table(
        "agent_calls",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("request_key", sa.Text(), nullable=False),
        sa.Column("request", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("response", sa.LargeBinary(), nullable=True),
        sa.Column("error_kind", sa.Text(), nullable=True),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("http_status", sa.Integer(), nullable=True),
        sa.Column("latency_ms", sa.Integer(), nullable=True),
        sa.Column("input_tokens", sa.Integer(), nullable=True),
        sa.Column("output_tokens", sa.Integer(), nullable=True),
        sa.Column("reserved_usd", sa.Numeric(precision=12, scale=6), server_default=sa.text("0"), nullable=False),
        sa.Column("cost_usd", sa.Numeric(precision=12, scale=6), nullable=True),
        sa.Column("reused_from_id", sa.BigInteger(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "written_by",
            sa.BigInteger(),
            server_default=sa.text("nullif(current_setting('prospecting.task_attempt', true), '')::bigint"),
            nullable=True,
        ),
        sa.CheckConstraint(
            "status in ('started', 'succeeded', 'reused', 'failed', 'abandoned')", name=op.f("ck_agent_calls_status")
        ),
        sa.ForeignKeyConstraint(
            ["reused_from_id"], ["agent_calls.id"], name=op.f("fk_agent_calls_reused_from_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent_calls")),
        comment="The ledger: every question put to an agent, its raw answer and what it cost.",
    )
    op.create_index(
        "ix_agent_calls_request_key_finished_at", "agent_calls", ["request_key", "finished_at"], unique=False
    )
    op.create_index(
        "uq_agent_calls_answer",
        "agent_calls",
        ["scope", "request_key"],
        unique=True,
        postgresql_where=sa.text("status in ('succeeded', 'reused')"),
    )
    op.create_table(
        "cities",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=True),
        sa.Column("country_code", sa.Text(), nullable=True),
        sa.Column(
            "written_by",
            sa.BigInteger(),
            server_default=sa.text("nullif(current_setting('prospecting.task_attempt', true), '')::bigint"),
            nullable=True,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("country_code ~ '^[A-Z]{2}$'", name=op.f("ck_cities_country_code")),
        sa.CheckConstraint("name_key <> ''", name=op.f("ck_cities_name_key_not_empty")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cities")),
        sa.UniqueConstraint(
            "name_key",
            "region",
            "country_code",
            name=op.f("uq_cities_name_key_region_country_code"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_table(
        "companies",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column(
            "company_unique_id",
            sa.Text(),
            sa.Computed(
                "'04.04.01.' || lpad(mod(id, 100)::text, 2, '0') || '.' || lpad(id::text, greatest(5, length(id::text)), '0') || '.' || lpad(mod(id, 1000)::text, 3, '0')",
                persisted=True,
            ),
            nullable=True,
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("domain", sa.Text(), nullable=True),
        sa.Column("website_url", sa.Text(), nullable=True),
        sa.Column("linkedin_url", sa.Text(), nullable=True),
        sa.Column("primary_industry", sa.Text(), nullable=True),
        sa.Column("employee_range", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("source_system", sa.Text(), nullable=False),
        sa.Column("merged_into_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "written_by",
            sa.BigInteger(),
            server_default=sa.text("nullif(current_setting('prospecting.task_attempt', true), '')::bigint"),
            nullable=True,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("domain <> '' and domain = lower(domain)", name=op.f("ck_companies_domain_normalised")),
        sa.CheckConstraint("name_key <> ''", name=op.f("ck_companies_name_key_not_empty")),
        sa.CheckConstraint("length(name) <= 500", name=op.f("ck_companies_name_length")),
        sa.CheckConstraint("merged_into_id <> id", name=op.f("ck_companies_not_merged_into_itself")),
        sa.ForeignKeyConstraint(["merged_into_id"], ["companies.id"], name=op.f("fk_companies_merged_into_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_companies")),
        sa.UniqueConstraint("company_unique_id", name=op.f("uq_companies_company_unique_id")),
        comment="One row per real company, whichever system found it. Identity: domain, else name key.",
    )
    op.create_index("ix_companies_name_key", "companies", ["name_key"], unique=False)
    op.create_index(
        "uq_companies_domain", "companies", ["domain"], unique=True, postgresql_where=sa.text("domain is not null")
    )
    op.create_index(
        "uq_companies_name_key_without_domain",
        "companies",
        ["name_key"],
        unique=True,
        postgresql_where=sa.text("domain is null"),
    )
    op.create_table(
        "merge_candidates",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("entity_type", sa.Text(), nullable=False),
        sa.Column("left_id", sa.BigInteger(), nullable=False),
        sa.Column("right_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("evidence", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'open'"), nullable=False),
        sa.Column(
            "written_by",
            sa.BigInteger(),
            server_default=sa.text("nullif(current_setting('prospecting.task_attempt', true), '')::bigint"),
            nullable=True,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("entity_type in ('company', 'person')", name=op.f("ck_merge_candidates_entity_type")),
        sa.CheckConstraint("status in ('open', 'merged', 'distinct')", name=op.f("ck_merge_candidates_status")),
        sa.CheckConstraint("left_id < right_id", name=op.f("ck_merge_candidates_ordered_pair")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merge_candidates")),
        sa.UniqueConstraint(
            "entity_type", "left_id", "right_id", name=op.f("uq_merge_candidates_entity_type_left_id_right_id")
        ),
        comment="Pairs that may be one company or person, with the evidence; a person decides.",
    )
    op.create_table(
        "orgs",
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orgs")),
        sa.UniqueConstraint("slug", name=op.f("uq_orgs_slug")),
    )
    op.create_table(
        "persons",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column(
            "person_unique_id",
            sa.Text(),
            sa.Computed(
                "'04.04.02.' || lpad(mod(id, 100)::text, 2, '0') || '.' || lpad(id::text, greatest(5, length(id::text)), '0') || '.' || lpad(mod(id, 1000)::text, 3, '0')",
                persisted=True,
            ),
            nullable=True,
        ),
        sa.Column("full_name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("first_name", sa.Text(), nullable=True),
        sa.Column("last_name", sa.Text(), nullable=True),
        sa.Column("linkedin_url", sa.Text(), nullable=True),
        sa.Column("current_title", sa.Text(), nullable=True),
        sa.Column("seniority", sa.Text(), nullable=True),
        sa.Column("title_observed_on", sa.Date(), nullable=True),
        sa.Column("location_text", sa.Text(), nullable=True),
        sa.Column("bio", sa.Text(), nullable=True),
        sa.Column("source_system", sa.Text(), nullable=False),
        sa.Column("merged_into_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "written_by",
            sa.BigInteger(),
            server_default=sa.text("nullif(current_setting('prospecting.task_attempt', true), '')::bigint"),
            nullable=True,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("linkedin_url <> ''", name=op.f("ck_persons_linkedin_url_not_empty")),
        sa.CheckConstraint("name_key <> ''", name=op.f("ck_persons_name_key_not_empty")),
        sa.CheckConstraint(
            "seniority in ('C-Suite', 'VP', 'Director', 'Manager', 'Individual Contributor')",
            name=op.f("ck_persons_seniority"),
        ),
        sa.CheckConstraint("length(full_name) <= 500", name=op.f("ck_persons_full_name_length")),
        sa.CheckConstraint("merged_into_id <> id", name=op.f("ck_persons_not_merged_into_itself")),
        sa.ForeignKeyConstraint(["merged_into_id"], ["persons.id"], name=op.f("fk_persons_merged_into_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_persons")),
        sa.UniqueConstraint("person_unique_id", name=op.f("uq_persons_person_unique_id")),
        comment="One row per real person. Identity: LinkedIn URL, then e-mail, then name key within a company.",
    )
    op.create_index("ix_persons_name_key", "persons", ["name_key"], unique=False)
    op.create_index(
        "uq_persons_linkedin_url",
        "persons",
        ["linkedin_url"],
        unique=True,
        postgresql_where=sa.text("linkedin_url is not null"),
    )
    op.create_table(
        "rate_limits",
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("capacity", sa.Numeric(), nullable=False),
        sa.Column("refill_per_second", sa.Numeric(), nullable=False),
        sa.Column("tokens", sa.Numeric(), nullable=False),
        sa.Column("refilled_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("capacity >= 1 and refill_per_second > 0", name=op.f("ck_rate_limits_positive")),
        sa.PrimaryKeyConstraint("provider", name=op.f("pk_rate_limits")),
        comment="Token buckets per provider; shared by all workers.",
    )
    op.create_table(
        "task_attempts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("dag_id", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("task_id", sa.Text(), nullable=False),
        sa.Column("map_index", sa.Integer(), server_default=sa.text("-1"), nullable=False),
        sa.Column("try_number", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_attempts")),
        sa.UniqueConstraint(
            "dag_id",
            "run_id",
            "task_id",
            "map_index",
            "try_number",
            name=op.f("uq_task_attempts_dag_id_run_id_task_id_map_index_try_number"),
        ),
        comment="One row per try of an Airflow task that wrote something; written_by columns point here.",
    )
    op.create_table(
        "company_person_roles",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("role_title", sa.Text(), nullable=True),
        sa.Column("role_key", sa.Text(), nullable=True),
        sa.Column("role_category", sa.Text(), nullable=False),
        sa.Column("seniority", sa.Text(), nullable=True),
        sa.Column("is_decision_maker", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("is_current", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("observed_on", sa.Date(), nullable=True),
        sa.Column("source_system", sa.Text(), nullable=False),
        sa.Column(
            "written_by",
            sa.BigInteger(),
            server_default=sa.text("nullif(current_setting('prospecting.task_attempt', true), '')::bigint"),
            nullable=True,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "role_category in ('c_level', 'marketing', 'sales', 'partnerships', 'other')",
            name=op.f("ck_company_person_roles_role_category"),
        ),
        sa.CheckConstraint("role_key <> ''", name=op.f("ck_company_person_roles_role_key_not_empty")),
        sa.ForeignKeyConstraint(
            ["company_id"], ["companies.id"], name=op.f("fk_company_person_roles_company_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["persons.id"], name=op.f("fk_company_person_roles_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_company_person_roles")),
        sa.UniqueConstraint(
            "company_id",
            "person_id",
            "role_key",
            name=op.f("uq_company_person_roles_company_id_person_id_role_key"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index("ix_company_person_roles_person_id", "company_person_roles", ["person_id"], unique=False)
    op.create_table(
        "contact_channels",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("channel_type", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("value_key", sa.Text(), nullable=False),
        sa.Column("is_identity", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("validation_status", sa.Text(), server_default=sa.text("'unverified'"), nullable=False),
        sa.Column(
            "written_by",
            sa.BigInteger(),
            server_default=sa.text("nullif(current_setting('prospecting.task_attempt', true), '')::bigint"),
            nullable=True,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("channel_type in ('email', 'phone')", name=op.f("ck_contact_channels_channel_type")),
        sa.CheckConstraint("value_key <> ''", name=op.f("ck_contact_channels_value_key_not_empty")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["persons.id"], name=op.f("fk_contact_channels_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_channels")),
        sa.UniqueConstraint(
            "person_id", "channel_type", "value_key", name=op.f("uq_contact_channels_person_id_channel_type_value_key")
        ),
        comment="E-mail and phone of a person. A personal e-mail identifies one person; shared mailboxes identify nobody.",
    )
    op.create_index(
        "uq_contact_channels_identity",
        "contact_channels",
        ["channel_type", "value_key"],
        unique=True,
        postgresql_where=sa.text("is_identity and channel_type = 'email'"),
    )
    op.create_table(
        "signals",
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("org_id", sa.UUID(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'active'"), nullable=False),
        sa.Column("configuration", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("schedule", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column(
            "written_by",
            sa.BigInteger(),
            server_default=sa.text("nullif(current_setting('prospecting.task_attempt', true), '')::bigint"),
            nullable=True,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("name_key <> ''", name=op.f("ck_signals_name_key_not_empty")),
        sa.CheckConstraint("status in ('active', 'paused', 'archived')", name=op.f("ck_signals_status")),
        sa.CheckConstraint("type in ('conference', 'funding', 'hiring')", name=op.f("ck_signals_type")),
        sa.ForeignKeyConstraint(["org_id"], ["orgs.id"], name=op.f("fk_signals_org_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signals")),
        sa.UniqueConstraint(
            "org_id", "name_key", name=op.f("uq_signals_org_id_name_key"), postgresql_nulls_not_distinct=True
        ),
    )
    op.create_table(
        "venues",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("city_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "written_by",
            sa.BigInteger(),
            server_default=sa.text("nullif(current_setting('prospecting.task_attempt', true), '')::bigint"),
            nullable=True,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("name_key <> ''", name=op.f("ck_venues_name_key_not_empty")),
        sa.ForeignKeyConstraint(["city_id"], ["cities.id"], name=op.f("fk_venues_city_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_venues")),
        sa.UniqueConstraint(
            "name_key", "city_id", name=op.f("uq_venues_name_key_city_id"), postgresql_nulls_not_distinct=True
        ),
    )
    op.create_table(
        "events",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("start_dt", sa.Date(), nullable=True),
        sa.Column("end_dt", sa.Date(), nullable=True),
        sa.Column("date_precision", sa.Text(), nullable=True),
        sa.Column("city_id", sa.BigInteger(), nullable=True),
        sa.Column("venue_id", sa.BigInteger(), nullable=True),
        sa.Column("is_online", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("website_url", sa.Text(), nullable=True),
        sa.Column("attendees", sa.Integer(), nullable=True),
        sa.Column("event_type", sa.Text(), nullable=True),
        sa.Column("industry", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), server_default=sa.text("'planned'"), nullable=False),
        sa.Column("source_system", sa.Text(), nullable=False),
        sa.Column(
            "written_by",
            sa.BigInteger(),
            server_default=sa.text("nullif(current_setting('prospecting.task_attempt', true), '')::bigint"),
            nullable=True,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("date_precision in ('day', 'month', 'year')", name=op.f("ck_events_date_precision")),
        sa.CheckConstraint("name_key <> ''", name=op.f("ck_events_name_key_not_empty")),
        sa.CheckConstraint("status in ('planned', 'updated', 'canceled')", name=op.f("ck_events_status")),
        sa.CheckConstraint("attendees >= 0", name=op.f("ck_events_attendees")),
        sa.CheckConstraint("end_dt >= start_dt", name=op.f("ck_events_dates_in_order")),
        sa.CheckConstraint("length(name) <= 500", name=op.f("ck_events_name_length")),
        sa.ForeignKeyConstraint(["city_id"], ["cities.id"], name=op.f("fk_events_city_id")),
        sa.ForeignKeyConstraint(["venue_id"], ["venues.id"], name=op.f("fk_events_venue_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
        sa.UniqueConstraint(
            "name_key",
            "start_dt",
            "city_id",
            name=op.f("uq_events_name_key_start_dt_city_id"),
            postgresql_nulls_not_distinct=True,
        ),
        comment="One row per edition of an event. Identity: name key (without the year), first day and city.",
    )
    op.create_index("ix_events_start_dt", "events", ["start_dt"], unique=False)
    op.create_table(
        "signal_executions",
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("signal_id", sa.UUID(), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'running'"), nullable=False),
        sa.Column("configuration", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("results", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("stats", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("error", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("scheduled_for", sa.DateTime(timezone=True), nullable=True),
        sa.Column("airflow_run_id", sa.Text(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "written_by",
            sa.BigInteger(),
            server_default=sa.text("nullif(current_setting('prospecting.task_attempt', true), '')::bigint"),
            nullable=True,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "status in ('running', 'completed', 'completed_with_errors', 'failed', 'cancelled')",
            name=op.f("ck_signal_executions_status"),
        ),
        sa.ForeignKeyConstraint(
            ["signal_id"], ["signals.id"], name=op.f("fk_signal_executions_signal_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signal_executions")),
    )
    op.create_index(
        "ix_signal_executions_signal_id_started_at", "signal_executions", ["signal_id", "started_at"], unique=False
    )
    op.create_index(
        "uq_signal_executions_airflow_run_id",
        "signal_executions",
        ["airflow_run_id"],
        unique=True,
        postgresql_where=sa.text("airflow_run_id is not null"),
    )
    op.create_index(
        "uq_signal_executions_scheduled_for",
        "signal_executions",
        ["signal_id", "scheduled_for"],
        unique=True,
        postgresql_where=sa.text("scheduled_for is not null"),
    )
    op.create_table(
        "event_sponsors",
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("sponsor_tier", sa.Text(), nullable=True),
        sa.Column("tier_rank", sa.SmallInteger(), nullable=True),
        sa.Column("tier_labels", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("source_system", sa.Text(), nullable=False),
        sa.Column(
            "written_by",
            sa.BigInteger(),
            server_default=sa.text("nullif(current_setting('prospecting.task_attempt', true), '')::bigint"),
            nullable=True,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["companies.id"], name=op.f("fk_event_sponsors_company_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("fk_event_sponsors_event_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("event_id", "company_id", name=op.f("pk_event_sponsors")),
        comment="Who sponsors what. sponsor_tier is the best tier seen, tier_labels all of them word for word.",
    )
    op.create_index("ix_event_sponsors_company_id", "event_sponsors", ["company_id"], unique=False)
    op.create_table(
        "rejected_records",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("execution_id", sa.UUID(), nullable=True),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("record_type", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("raw", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column(
            "written_by",
            sa.BigInteger(),
            server_default=sa.text("nullif(current_setting('prospecting.task_attempt', true), '')::bigint"),
            nullable=True,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("stage in ('parse', 'save', 'filter', 'agent')", name=op.f("ck_rejected_records_stage")),
        sa.ForeignKeyConstraint(
            ["execution_id"],
            ["signal_executions.id"],
            name=op.f("fk_rejected_records_execution_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rejected_records")),
        sa.UniqueConstraint(
            "execution_id",
            "fingerprint",
            name=op.f("uq_rejected_records_execution_id_fingerprint"),
            postgresql_nulls_not_distinct=True,
        ),
        comment="What an agent returned and we could not read, save or use, and why. Nothing found is silently lost.",
    )
    op.create_table(
        "signal_execution_entities",
        sa.Column("execution_id", sa.UUID(), nullable=False),
        sa.Column("entity_type", sa.Text(), nullable=False),
        sa.Column("entity_id", sa.BigInteger(), nullable=False),
        sa.Column("is_new", sa.Boolean(), nullable=False),
        sa.Column(
            "written_by",
            sa.BigInteger(),
            server_default=sa.text("nullif(current_setting('prospecting.task_attempt', true), '')::bigint"),
            nullable=True,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "entity_type in ('event', 'company', 'person')", name=op.f("ck_signal_execution_entities_entity_type")
        ),
        sa.ForeignKeyConstraint(
            ["execution_id"],
            ["signal_executions.id"],
            name=op.f("fk_signal_execution_entities_execution_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("execution_id", "entity_type", "entity_id", name=op.f("pk_signal_execution_entities")),
        comment="What an execution found: the ids behind its results. is_new: it was not known before.",
    )


def downgrade() -> None:

    op.drop_table("signal_execution_entities")
    op.drop_table("rejected_records")
    op.drop_index("ix_event_sponsors_company_id", table_name="event_sponsors")
    op.drop_table("event_sponsors")
    op.drop_index(
        "uq_signal_executions_scheduled_for",
        table_name="signal_executions",
        postgresql_where=sa.text("scheduled_for is not null"),
    )
    op.drop_index(
        "uq_signal_executions_airflow_run_id",
        table_name="signal_executions",
        postgresql_where=sa.text("airflow_run_id is not null"),
    )
    op.drop_index("ix_signal_executions_signal_id_started_at", table_name="signal_executions")
    op.drop_table("signal_executions")
    op.drop_index("ix_events_start_dt", table_name="events")
    op.drop_table("events")
    op.drop_table("venues")
    op.drop_table("signals")
    op.drop_index(
        "uq_contact_channels_identity",
        table_name="contact_channels",
        postgresql_where=sa.text("is_identity and channel_type = 'email'"),
    )
    op.drop_table("contact_channels")
    op.drop_index("ix_company_person_roles_person_id", table_name="company_person_roles")
    op.drop_table("company_person_roles")
    op.drop_table("task_attempts")
    op.drop_table("rate_limits")
    op.drop_index("uq_persons_linkedin_url", table_name="persons", postgresql_where=sa.text("linkedin_url is not null"))
    op.drop_index("ix_persons_name_key", table_name="persons")
    op.drop_table("persons")
    op.drop_table("orgs")
    op.drop_table("merge_candidates")
    op.drop_index(
        "uq_companies_name_key_without_domain", table_name="companies", postgresql_where=sa.text("domain is null")
    )
    op.drop_index("uq_companies_domain", table_name="companies", postgresql_where=sa.text("domain is not null"))
    op.drop_index("ix_companies_name_key", table_name="companies")
    op.drop_table("companies")
    op.drop_table("cities")
    op.drop_index(
        "uq_agent_calls_answer", table_name="agent_calls", postgresql_where=sa.text("status in ('succeeded', 'reused')")
    )
    op.drop_index("ix_agent_calls_request_key_finished_at", table_name="agent_calls")
    op.drop_table("agent_calls")
