"""Features: research and clicks of users, accounts and what is known of them, models and what they say.

Revision: 0006, after 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


# Statement triggers see all changed rows at once, whoever changes them: a task, a foreign key, a person with psql.
_NOTE_CHANGES = """
create function note_account_changes() returns trigger language plpgsql as $$
begin
    if tg_table_name = 'user_interactions' then
        insert into account_changes (account_domain, since)
        select account_domain, min(created_at) from changed group by account_domain;
    elsif tg_table_name = 'prospect_intelligence_runs' then
        insert into account_changes (account_domain, since)
        select account_domain, min(created_at) from changed group by account_domain;
    elsif tg_table_name = 'event_sponsors' then
        insert into account_changes (account_domain, since)
        select c.domain, min(s.created_at)
        from changed as s
        join companies as c on c.id = s.company_id
        where c.domain is not null
        group by c.domain;
    elsif tg_table_name = 'signal_execution_entities' then
        insert into account_changes (account_domain, since)
        select c.domain, min(s.created_at)
        from changed as s
        join companies as c on c.id = s.entity_id and s.entity_type = 'company'
        join signal_executions as x on x.id = s.execution_id
        join signals as g on g.id = x.signal_id and g.type in ('hiring', 'funding')
        where c.domain is not null
        group by c.domain;
    elsif tg_table_name = 'person_intel_briefings' then
        insert into account_changes (account_domain, since)
        select c.domain, min(b.created_at)
        from changed as b
        join persons as p on p.linkedin_url = b.person_linkedin_url
        join company_person_roles as r on r.person_id = p.id and r.is_current
        join companies as c on c.id = r.company_id
        where c.domain is not null
        group by c.domain;
    elsif tg_table_name in ('company_intel_briefings', 'extracted_icp_job_title_details') then
        insert into account_changes (account_domain, since)
        select company_domain, min(created_at) from changed group by company_domain;
    elsif exists (select from accounts) then  -- slot_transitions: a seat by itself makes no account
        insert into account_changes (account_domain, since)
        select a.account_domain, min(s.changed_at)
        from changed as s
        join companies as c using (company_unique_id)
        join accounts as a on a.account_domain = c.domain
        group by a.account_domain;
    end if;
    return null;
end
$$"""
_NOTE_MOVE = """
create function note_company_move() returns trigger language plpgsql as $$
begin
    insert into account_changes (account_domain, since)
    select domain, now() from unnest(array[old.domain, new.domain]) as moved (domain) where domain is not null;
    return null;
end
$$"""
_SOURCES = (
    "user_interactions",
    "prospect_intelligence_runs",
    "event_sponsors",
    "signal_execution_entities",
    "person_intel_briefings",
    "company_intel_briefings",
    "extracted_icp_job_title_details",
)
_WHENCE = (
    ("note_insert", "insert", "new"),
    ("note_update_from", "update", "old"),
    ("note_update_to", "update", "new"),
    ("note_delete", "delete", "old"),
)
_TRIGGERS = (
    _NOTE_CHANGES,
    _NOTE_MOVE,
    *(
        f"create trigger {name} after {change} on {table} referencing {rows} table as changed "
        "for each statement execute function note_account_changes()"
        for table in _SOURCES
        for name, change, rows in _WHENCE
    ),
    """
create trigger note_insert after insert on slot_transitions
referencing new table as changed for each statement execute function note_account_changes()""",
    """
create trigger note_move after update of domain, merged_into_id on companies for each row
when ((old.domain, old.merged_into_id) is distinct from (new.domain, new.merged_into_id))
execute function note_company_move()""",
    """
create trigger set_updated_at before update on prospect_intelligence for each row
when (old.* is distinct from new.*) execute function update_updated_at_column()""",
    # Deleting a user deletes what they did, and reaches these rows through a foreign key, that is inside a trigger.
    """
create trigger append_only before delete on user_interactions for each statement
when (pg_trigger_depth() = 0)
execute function refuse_change('interactions are append-only; log another one, or delete the user')""",
    """
create trigger append_only_values before update or truncate on user_interactions for each statement
execute function refuse_change('interactions are append-only; log another one')""",
)

# Accounts are looked up here by what identifies them, whichever organisation asked.
_INDEXES = {
    "company_intel_briefings": ("company_domain", None),
    "person_intel_briefings": ("person_linkedin_url", None),
    "extracted_icp_job_title_details": ("company_domain", None),
    "signal_execution_entities": ("entity_id", "entity_type = 'company'"),
}


def _research_features() -> list[sa.Column[object]]:
    return [
        sa.Column("icp_score", sa.Integer(), nullable=True),
        sa.Column("priority_level", sa.Text(), nullable=True),
        sa.Column("is_b2b_saas", sa.Boolean(), nullable=True),
        sa.Column("has_modern_stack", sa.Boolean(), nullable=True),
        sa.Column("technology_count", sa.Integer(), nullable=True),
        sa.Column("has_open_engineering_roles", sa.Boolean(), nullable=True),
        sa.Column("engineering_role_count", sa.Integer(), nullable=True),
        sa.Column("total_open_roles", sa.Integer(), nullable=True),
        sa.Column("has_engineering_blog", sa.Boolean(), nullable=True),
        sa.Column("employees_min", sa.Integer(), nullable=True),
        sa.Column("employees_max", sa.Integer(), nullable=True),
        sa.Column("has_funding", sa.Boolean(), nullable=True),
    ]


def _account_features() -> list[sa.Column[object]]:
    return [
        *_research_features(),
        sa.Column("research_run_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("failed_run_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_research_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sponsored_event_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("best_sponsor_tier_rank", sa.SmallInteger(), nullable=True),
        sa.Column("last_sponsored_on", sa.Date(), nullable=True),
        sa.Column("hiring_signal_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("funding_signal_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_signal_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("slots_filled", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("slots_open", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("company_briefing_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("person_briefing_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("icp_title_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_briefing_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("interaction_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("viewed_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("opened_research_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("contacted_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("meeting_booked_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("deal_won_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("deal_lost_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("interaction_count_30d", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("interaction_count_90d", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("engaged_user_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("engagement_score", sa.Numeric(precision=4, scale=3), server_default=sa.text("0"), nullable=False),
        sa.Column("last_interaction_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_contacted_at", sa.DateTime(timezone=True), nullable=True),
    ]


def upgrade() -> None:
    for table, (column, condition) in _INDEXES.items():
        op.create_index(
            f"ix_{table}_{'company' if condition else column}",
            table,
            [column],
            postgresql_where=sa.text(condition) if condition else None,
        )
    op.create_table(
        "account_changes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("account_domain", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "changed_in", sa.BigInteger(), server_default=sa.text("pg_current_xact_id()::text::bigint"), nullable=False
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_changes")),
        comment="Which accounts something happened to: written by triggers on everything features are made of, read by the next refresh. since: from when on their features differ; changed_in: the transaction.",
    )
    op.create_index("ix_account_changes_changed_in", "account_changes", ["changed_in", "account_domain"], unique=False)
    op.create_table(
        "account_suppressions",
        sa.Column("account_domain", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("suppressed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "written_by",
            sa.BigInteger(),
            server_default=sa.text("nullif(current_setting('prospecting.task_attempt', true), '')::bigint"),
            nullable=True,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "account_domain <> '' and account_domain = lower(account_domain)",
            name=op.f("ck_account_suppressions_account_domain"),
        ),
        sa.CheckConstraint("trim(reason) <> ''", name=op.f("ck_account_suppressions_reason")),
        sa.PrimaryKeyConstraint("account_domain", name=op.f("pk_account_suppressions")),
        comment="Accounts nobody shall be pointed to, until a moment or for ever.",
    )
    op.create_table(
        "feature_refreshes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("airflow_run_id", sa.Text(), nullable=False),
        sa.Column("params", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("previous_watermark", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("watermark", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'running'"), nullable=False),
        sa.Column("accounts_changed", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("signals_written", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("snapshots_written", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "written_by",
            sa.BigInteger(),
            server_default=sa.text("nullif(current_setting('prospecting.task_attempt', true), '')::bigint"),
            nullable=True,
        ),
        sa.CheckConstraint("status in ('running', 'completed', 'failed')", name=op.f("ck_feature_refreshes_status")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feature_refreshes")),
        sa.UniqueConstraint("airflow_run_id", name=op.f("uq_feature_refreshes_airflow_run_id")),
        comment="One row per run of ml_feature_refresh: what it looked at and what it wrote. scope: which accounts, and why; previous_watermark: from where on changes were read, NULL when all accounts were refreshed.",
    )
    op.create_table(
        "ml_models",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("feature_names", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("parameters", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("metrics", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("model_card", sa.Text(), nullable=False),
        sa.Column("library_versions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("training_rows", sa.Integer(), nullable=False),
        sa.Column("positive_rows", sa.Integer(), nullable=False),
        sa.Column("trained_until", sa.Date(), nullable=False),
        sa.Column("artifact_path", sa.Text(), nullable=True),
        sa.Column("artifact_sha256", sa.Text(), nullable=True),
        sa.Column("artifact_bytes", sa.BigInteger(), nullable=True),
        sa.Column("promoted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "written_by",
            sa.BigInteger(),
            server_default=sa.text("nullif(current_setting('prospecting.task_attempt', true), '')::bigint"),
            nullable=True,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("artifact_sha256 ~ '^[0-9a-f]{64}$'", name=op.f("ck_ml_models_artifact_sha256")),
        sa.CheckConstraint(
            "status = 'rejected' or (artifact_path is not null and artifact_sha256 is not null)",
            name=op.f("ck_ml_models_artifact"),
        ),
        sa.CheckConstraint("status in ('rejected', 'promoted', 'retired')", name=op.f("ck_ml_models_status")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ml_models")),
        sa.UniqueConstraint("name", "fingerprint", name=op.f("uq_ml_models_name_fingerprint")),
        sa.UniqueConstraint("name", "version", name=op.f("uq_ml_models_name_version")),
        comment="Every model that was trained, with its card. promoted: scores accounts now, one per name; rejected: it was not better. fingerprint: the same data and settings are trained once.",
    )
    op.create_index(
        "uq_ml_models_promoted", "ml_models", ["name"], unique=True, postgresql_where=sa.text("status = 'promoted'")
    )
    op.create_table(
        "users",
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        comment="Who uses the product, by the id row-level security compares. Deleting a user deletes their research and interactions.",
    )
    op.create_table(
        "prospect_intelligence",
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("website_url", sa.Text(), nullable=False),
        sa.Column("company_name", sa.Text(), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("icp_score", sa.Integer(), nullable=False),
        sa.Column("priority_level", sa.Text(), nullable=False),
        sa.Column("extracted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("extraction_duration_ms", sa.Integer(), nullable=False),
        sa.Column(
            "written_by",
            sa.BigInteger(),
            server_default=sa.text("nullif(current_setting('prospecting.task_attempt', true), '')::bigint"),
            nullable=True,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "priority_level in ('high', 'medium', 'low')", name=op.f("ck_prospect_intelligence_priority_level")
        ),
        sa.CheckConstraint("extraction_duration_ms >= 0", name=op.f("ck_prospect_intelligence_extraction_duration_ms")),
        sa.CheckConstraint("icp_score between 1 and 10", name=op.f("ck_prospect_intelligence_icp_score")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_prospect_intelligence_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prospect_intelligence")),
        sa.UniqueConstraint("user_id", "website_url", name="uq_prospect_intelligence_user_id_website_url"),
        comment="Research of a company, the newest of each user and address. A user sees their own (row-level security).",
    )
    op.create_index(
        "ix_prospect_intelligence_created_at",
        "prospect_intelligence",
        [sa.literal_column("created_at desc")],
        unique=False,
    )
    op.create_index("ix_prospect_intelligence_icp_score", "prospect_intelligence", ["icp_score"], unique=False)
    op.create_index(
        "ix_prospect_intelligence_priority_level", "prospect_intelligence", ["priority_level"], unique=False
    )
    op.create_index("ix_prospect_intelligence_user_id", "prospect_intelligence", ["user_id"], unique=False)
    op.create_index("ix_prospect_intelligence_website_url", "prospect_intelligence", ["website_url"], unique=False)
    op.create_table(
        "prospect_intelligence_runs",
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=True),
        sa.Column("account_domain", sa.Text(), nullable=False),
        sa.Column("website_url", sa.Text(), nullable=False),
        sa.Column("company_name", sa.Text(), nullable=True),
        sa.Column("run_status", sa.Text(), nullable=False),
        *_research_features(),
        sa.Column("error_type", sa.Text(), nullable=True),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("run_key", sa.Text(), server_default=sa.text("gen_random_uuid()::text"), nullable=False),
        sa.Column(
            "written_by",
            sa.BigInteger(),
            server_default=sa.text("nullif(current_setting('prospecting.task_attempt', true), '')::bigint"),
            nullable=True,
        ),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "account_domain <> '' and account_domain = lower(account_domain)",
            name=op.f("ck_prospect_intelligence_runs_account_domain"),
        ),
        sa.CheckConstraint(
            "priority_level in ('high', 'medium', 'low')", name=op.f("ck_prospect_intelligence_runs_priority_level")
        ),
        sa.CheckConstraint(
            "run_status in ('success', 'error', 'timeout', 'quota', 'network_error')",
            name=op.f("ck_prospect_intelligence_runs_run_status"),
        ),
        sa.CheckConstraint("icp_score between 1 and 10", name=op.f("ck_prospect_intelligence_runs_icp_score")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_prospect_intelligence_runs_user_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prospect_intelligence_runs")),
        sa.UniqueConstraint("run_key", name=op.f("uq_prospect_intelligence_runs_run_key")),
        comment="Every research that was tried, with what it said of the company, or how it failed. run_key: whose, of what, when - the same run is here once. created_at: when it ran; recorded_at: when we heard of it.",
    )
    op.create_index(
        "ix_prospect_intelligence_runs_account_domain_created_at",
        "prospect_intelligence_runs",
        ["account_domain", "created_at"],
        unique=False,
    )
    op.create_index(
        "ix_prospect_intelligence_runs_user_id",
        "prospect_intelligence_runs",
        ["user_id"],
        unique=False,
        postgresql_where=sa.text("user_id is not null"),
    )
    op.create_table(
        "user_interactions",
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("account_domain", sa.Text(), nullable=False),
        sa.Column("interaction_type", sa.Text(), nullable=False),
        sa.Column(
            "interaction_metadata",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column(
            "written_by",
            sa.BigInteger(),
            server_default=sa.text("nullif(current_setting('prospecting.task_attempt', true), '')::bigint"),
            nullable=True,
        ),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "account_domain <> '' and account_domain = lower(account_domain)",
            name=op.f("ck_user_interactions_account_domain"),
        ),
        sa.CheckConstraint(
            "interaction_type in ('viewed', 'opened_research', 'contacted', 'meeting_booked', 'deal_won', 'deal_lost')",
            name=op.f("ck_user_interactions_interaction_type"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_user_interactions_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_interactions")),
        comment="What users did with an account. Append-only: rows go only with their user. created_at: when it happened; recorded_at: when we heard of it.",
    )
    op.create_index(
        "ix_user_interactions_account_domain_created_at",
        "user_interactions",
        ["account_domain", "created_at"],
        unique=False,
    )
    op.create_index("ix_user_interactions_created_at", "user_interactions", ["created_at"], unique=False)
    op.create_index(
        "ix_user_interactions_user_id_account_domain", "user_interactions", ["user_id", "account_domain"], unique=False
    )
    op.create_table(
        "accounts",
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("account_domain", sa.Text(), nullable=False),
        sa.Column("company_name", sa.Text(), nullable=False),
        sa.Column("website_url", sa.Text(), nullable=True),
        sa.Column("last_prospect_intelligence_id", sa.UUID(), nullable=True),
        sa.Column("last_icp_score", sa.Integer(), nullable=True),
        sa.Column("last_priority_level", sa.Text(), nullable=True),
        sa.Column("last_research_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("company_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "written_by",
            sa.BigInteger(),
            server_default=sa.text("nullif(current_setting('prospecting.task_attempt', true), '')::bigint"),
            nullable=True,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "account_domain <> '' and account_domain = lower(account_domain)", name=op.f("ck_accounts_account_domain")
        ),
        sa.CheckConstraint(
            "last_priority_level in ('high', 'medium', 'low')", name=op.f("ck_accounts_last_priority_level")
        ),
        sa.CheckConstraint("last_icp_score between 1 and 10", name=op.f("ck_accounts_last_icp_score")),
        sa.ForeignKeyConstraint(
            ["company_id"], ["companies.id"], name=op.f("fk_accounts_company_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["last_prospect_intelligence_id"],
            ["prospect_intelligence.id"],
            name=op.f("fk_accounts_last_prospect_intelligence_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("account_domain", name=op.f("uq_accounts_account_domain")),
        comment="One row per domain that was researched, engaged or signalled. company_id: the same on the spine.",
    )
    op.create_index(
        "ix_accounts_company_id",
        "accounts",
        ["company_id"],
        unique=False,
        postgresql_where=sa.text("company_id is not null"),
    )
    op.create_index(
        "ix_accounts_last_prospect_intelligence_id",
        "accounts",
        ["last_prospect_intelligence_id"],
        unique=False,
        postgresql_where=sa.text("last_prospect_intelligence_id is not null"),
    )
    op.create_table(
        "account_feature_snapshots",
        sa.Column("account_domain", sa.Text(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        *_account_features(),
        sa.Column(
            "written_by",
            sa.BigInteger(),
            server_default=sa.text("nullif(current_setting('prospecting.task_attempt', true), '')::bigint"),
            nullable=True,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_domain"],
            ["accounts.account_domain"],
            name=op.f("fk_account_feature_snapshots_account_domain"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_domain", "as_of", name=op.f("pk_account_feature_snapshots")),
        comment="The features of an account as they were when as_of (UTC) began: nothing that happened or was learned later.",
    )
    op.create_index("ix_account_feature_snapshots_as_of", "account_feature_snapshots", ["as_of"], unique=False)
    op.create_table(
        "account_intent",
        sa.Column("account_domain", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("activity", sa.Integer(), nullable=False),
        sa.Column("expected", sa.Numeric(precision=10, scale=2), nullable=False),
        sa.Column("lift", sa.Numeric(precision=10, scale=2), nullable=False),
        sa.Column("reasons", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("observed_on", sa.Date(), nullable=False),
        sa.Column(
            "written_by",
            sa.BigInteger(),
            server_default=sa.text("nullif(current_setting('prospecting.task_attempt', true), '')::bigint"),
            nullable=True,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("level in ('rising', 'surging')", name=op.f("ck_account_intent_level")),
        sa.ForeignKeyConstraint(
            ["account_domain"],
            ["accounts.account_domain"],
            name=op.f("fk_account_intent_account_domain"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_domain", name=op.f("pk_account_intent")),
        comment="Accounts with more activity lately than their own past lets expect; the others have no row.",
    )
    op.create_table(
        "account_recommendations",
        sa.Column("recommended_on", sa.Date(), nullable=False),
        sa.Column("account_domain", sa.Text(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("score", sa.Numeric(precision=6, scale=5), nullable=False),
        sa.Column("is_exploration", sa.Boolean(), nullable=False),
        sa.Column("propensity", sa.Numeric(precision=9, scale=8), nullable=False),
        sa.Column("reasons", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("model_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "written_by",
            sa.BigInteger(),
            server_default=sa.text("nullif(current_setting('prospecting.task_attempt', true), '')::bigint"),
            nullable=True,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("propensity > 0 and propensity <= 1", name=op.f("ck_account_recommendations_propensity")),
        sa.CheckConstraint("rank >= 1", name=op.f("ck_account_recommendations_rank")),
        sa.ForeignKeyConstraint(
            ["account_domain"],
            ["accounts.account_domain"],
            name=op.f("fk_account_recommendations_account_domain"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["model_id"], ["ml_models.id"], name=op.f("fk_account_recommendations_model_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("recommended_on", "account_domain", name=op.f("pk_account_recommendations")),
        sa.UniqueConstraint("recommended_on", "rank", name=op.f("uq_account_recommendations_recommended_on_rank")),
        comment="Whom to turn to, per day, and why. is_exploration: drawn by chance to learn from; propensity: the chance it had of being on the list.",
    )
    op.create_index(
        "ix_account_recommendations_account_domain", "account_recommendations", ["account_domain"], unique=False
    )
    op.create_index(
        "ix_account_recommendations_model_id",
        "account_recommendations",
        ["model_id"],
        unique=False,
        postgresql_where=sa.text("model_id is not null"),
    )
    op.create_table(
        "account_scores",
        sa.Column("account_domain", sa.Text(), nullable=False),
        sa.Column("model_id", sa.BigInteger(), nullable=False),
        sa.Column("probability", sa.Numeric(precision=6, scale=5), nullable=False),
        sa.Column("reasons", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column(
            "written_by",
            sa.BigInteger(),
            server_default=sa.text("nullif(current_setting('prospecting.task_attempt', true), '')::bigint"),
            nullable=True,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("probability between 0 and 1", name=op.f("ck_account_scores_probability")),
        sa.ForeignKeyConstraint(
            ["account_domain"],
            ["accounts.account_domain"],
            name=op.f("fk_account_scores_account_domain"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["model_id"], ["ml_models.id"], name=op.f("fk_account_scores_model_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_domain", name=op.f("pk_account_scores")),
        comment="How likely an account books a meeting or buys within the model's horizon, and why, by the promoted model.",
    )
    op.create_index("ix_account_scores_model_id", "account_scores", ["model_id"], unique=False)
    op.create_index(
        "ix_account_scores_probability", "account_scores", [sa.literal_column("probability desc")], unique=False
    )
    op.create_table(
        "account_signals",
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("account_domain", sa.Text(), nullable=False),
        sa.Column("company_name", sa.Text(), nullable=False),
        *_account_features(),
        sa.Column(
            "written_by",
            sa.BigInteger(),
            server_default=sa.text("nullif(current_setting('prospecting.task_attempt', true), '')::bigint"),
            nullable=True,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "priority_level in ('high', 'medium', 'low')", name=op.f("ck_account_signals_priority_level")
        ),
        sa.CheckConstraint("icp_score between 1 and 10", name=op.f("ck_account_signals_icp_score")),
        sa.ForeignKeyConstraint(
            ["account_domain"],
            ["accounts.account_domain"],
            name=op.f("fk_account_signals_account_domain"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_signals")),
        sa.UniqueConstraint("account_domain", name=op.f("uq_account_signals_account_domain")),
        comment="The features of every account as they are now, one flat row each.",
    )
    op.create_index("ix_account_signals_icp_score", "account_signals", ["icp_score"], unique=False)
    for table in ("prospect_intelligence", "user_interactions"):
        op.execute(f"alter table {table} enable row level security")
        op.execute(f"alter table {table} force row level security")
    for definition in _TRIGGERS:
        op.execute(definition.strip())


def downgrade() -> None:
    op.execute("drop trigger note_move on companies")
    op.execute("drop trigger note_insert on slot_transitions")
    for table in _SOURCES[2:]:
        for name, _, _ in _WHENCE:
            op.execute(f"drop trigger {name} on {table}")
    op.drop_index("ix_account_signals_icp_score", table_name="account_signals")
    op.drop_table("account_signals")
    op.drop_index("ix_account_scores_probability", table_name="account_scores")
    op.drop_index("ix_account_scores_model_id", table_name="account_scores")
    op.drop_table("account_scores")
    op.drop_index(
        "ix_account_recommendations_model_id",
        table_name="account_recommendations",
        postgresql_where=sa.text("model_id is not null"),
    )
    op.drop_index("ix_account_recommendations_account_domain", table_name="account_recommendations")
    op.drop_table("account_recommendations")
    op.drop_table("account_intent")
    op.drop_index("ix_account_feature_snapshots_as_of", table_name="account_feature_snapshots")
    op.drop_table("account_feature_snapshots")
    op.drop_index(
        "ix_accounts_last_prospect_intelligence_id",
        table_name="accounts",
        postgresql_where=sa.text("last_prospect_intelligence_id is not null"),
    )
    op.drop_index("ix_accounts_company_id", table_name="accounts", postgresql_where=sa.text("company_id is not null"))
    op.drop_table("accounts")
    op.drop_index("ix_user_interactions_user_id_account_domain", table_name="user_interactions")
    op.drop_index("ix_user_interactions_created_at", table_name="user_interactions")
    op.drop_index("ix_user_interactions_account_domain_created_at", table_name="user_interactions")
    op.drop_table("user_interactions")
    op.drop_index(
        "ix_prospect_intelligence_runs_user_id",
        table_name="prospect_intelligence_runs",
        postgresql_where=sa.text("user_id is not null"),
    )
    op.drop_index("ix_prospect_intelligence_runs_account_domain_created_at", table_name="prospect_intelligence_runs")
    op.drop_table("prospect_intelligence_runs")
    op.drop_index("ix_prospect_intelligence_website_url", table_name="prospect_intelligence")
    op.drop_index("ix_prospect_intelligence_user_id", table_name="prospect_intelligence")
    op.drop_index("ix_prospect_intelligence_priority_level", table_name="prospect_intelligence")
    op.drop_index("ix_prospect_intelligence_icp_score", table_name="prospect_intelligence")
    op.drop_index("ix_prospect_intelligence_created_at", table_name="prospect_intelligence")
    op.drop_table("prospect_intelligence")
    op.drop_table("users")
    op.drop_index("uq_ml_models_promoted", table_name="ml_models", postgresql_where=sa.text("status = 'promoted'"))
    op.drop_table("ml_models")
    op.drop_table("feature_refreshes")
    op.drop_table("account_suppressions")
    op.drop_index("ix_account_changes_changed_in", table_name="account_changes")
    op.drop_table("account_changes")
    op.execute("drop function note_account_changes, note_company_move")
    for table, (column, condition) in _INDEXES.items():
        op.drop_index(f"ix_{table}_{'company' if condition else column}", table_name=table)
