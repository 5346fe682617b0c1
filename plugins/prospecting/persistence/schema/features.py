"""Prospect research and interactions of users, and what follows: account features, models, scores, recommendations."""

from __future__ import annotations

from sqlalchemy import (
    DDL,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    event,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID

from prospecting.persistence.schema.metadata import (
    bigint_id,
    counter,
    created_at,
    enable_row_security,
    metadata,
    run_life,
    unfinished_index,
    updated_at,
    uuid_id,
    written_by,
)

_PRIORITY = "priority_level in ('high', 'medium', 'low')"
_TRANSACTION = text("pg_current_xact_id()::text::bigint")


def _recorded_at() -> Column[object]:
    return Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=text("now()"))


def _known_at() -> Column[object]:
    comment = "Since when it was known: as stored, unless whoever imports it says otherwise."
    return Column("known_at", DateTime(timezone=True), nullable=False, comment=comment)


def _research_features() -> list[Column[object]]:
    """The findings of one research run about a company, flattened; NULL: not known."""
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
    """Everything that all systems know of an account at one moment."""
    return [
        *_research_features(),
        counter("research_run_count"),
        counter("failed_run_count"),
        Column("last_research_at", DateTime(timezone=True)),
        counter("sponsored_event_count"),
        Column("best_sponsor_tier_rank", SmallInteger),
        Column("last_sponsored_on", Date),
        counter("hiring_signal_count"),
        counter("funding_signal_count"),
        Column("last_signal_at", DateTime(timezone=True)),
        counter("slots_filled"),
        counter("slots_open"),
        counter("company_briefing_count"),
        counter("person_briefing_count"),
        counter("icp_title_count"),
        Column("last_briefing_at", DateTime(timezone=True)),
        counter("interaction_count"),
        counter("viewed_count"),
        counter("opened_research_count"),
        counter("contacted_count"),
        counter("meeting_booked_count"),
        counter("deal_won_count"),
        counter("deal_lost_count"),
        counter("interaction_count_30d"),
        counter("interaction_count_90d"),
        counter("engaged_user_count"),
        Column("engagement_score", Numeric(4, 3), nullable=False, server_default=text("0")),
        Column("last_interaction_at", DateTime(timezone=True)),
        Column("last_contacted_at", DateTime(timezone=True)),
    ]


def _engagement_features() -> list[Column[object]]:
    """Whom we know at an account, and what they and we said lately."""
    return [
        counter("contact_count"),
        counter("decision_maker_contact_count"),
        counter("active_conversation_count"),
        counter("touchpoint_count_30d"),
        counter("touchpoint_count_90d"),
        counter("reply_count_30d"),
        counter("reply_count_90d"),
        Column("last_reply_at", DateTime(timezone=True)),
    ]


users = Table(
    "users",
    metadata,
    uuid_id(),
    created_at(),
    comment="Who uses the product, by the id row-level security compares. Deleting a user deletes their research and "
    "interactions.",
)

prospect_intelligence = Table(
    "prospect_intelligence",
    metadata,
    uuid_id(),
    Column("user_id", UUID(as_uuid=True), ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("website_url", Text, nullable=False),
    Column("company_name", Text, nullable=False),
    Column("data", JSONB, nullable=False),
    Column("icp_score", Integer, nullable=False),
    Column("priority_level", Text, nullable=False),
    Column("extracted_at", DateTime(timezone=True), nullable=False),
    Column("extraction_duration_ms", Integer, nullable=False),
    written_by(),
    created_at(),
    updated_at(),
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
    uuid_id(),
    Column("user_id", UUID(as_uuid=True), ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("account_domain", Text, nullable=False),
    Column("interaction_type", Text, nullable=False),
    Column("interaction_metadata", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    created_at(),
    _recorded_at(),
    written_by(),
    _known_at(),
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
    uuid_id(),
    Column("user_id", UUID(as_uuid=True), ForeignKey("users.id", ondelete="SET NULL")),
    Column("account_domain", Text, nullable=False),
    Column("website_url", Text, nullable=False),
    Column("company_name", Text),
    Column("run_status", Text, nullable=False),
    *_research_features(),
    Column("error_type", Text),
    Column("error_message", Text),
    Column("run_key", Text, nullable=False, unique=True, server_default=text("gen_random_uuid()::text")),
    created_at(),
    _recorded_at(),
    written_by(),
    _known_at(),
    CheckConstraint("run_status in ('success', 'error', 'timeout', 'quota', 'network_error')", name="run_status"),
    CheckConstraint("icp_score between 1 and 10", name="icp_score"),
    CheckConstraint(_PRIORITY, name="priority_level"),
    CheckConstraint("account_domain <> '' and account_domain = lower(account_domain)", name="account_domain"),
    Index("ix_prospect_intelligence_runs_account_domain_created_at", "account_domain", "created_at"),
    Index("ix_prospect_intelligence_runs_user_id", "user_id", postgresql_where=text("user_id is not null")),
    comment="Every research run that was tried, with what it found about the company, or how it failed. run_key: "
    "whose, of what, when - the same run is here once. created_at: when it ran; recorded_at: when we heard of it.",
)

accounts = Table(
    "accounts",
    metadata,
    uuid_id(),
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
    written_by(),
    created_at(),
    updated_at(),
    CheckConstraint("account_domain <> '' and account_domain = lower(account_domain)", name="account_domain"),
    CheckConstraint("last_icp_score between 1 and 10", name="last_icp_score"),
    CheckConstraint("last_priority_level in ('high', 'medium', 'low')", name="last_priority_level"),
    Index("ix_accounts_company_id", "company_id", postgresql_where=text("company_id is not null")),
    Index("ix_accounts_unlinked", "account_domain", postgresql_where=text("company_id is null")),
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
    uuid_id(),
    Column(
        "account_domain", Text, ForeignKey("accounts.account_domain", ondelete="CASCADE"), nullable=False, unique=True
    ),
    Column("company_name", Text, nullable=False),
    *_account_features(),
    written_by(),
    created_at(),
    updated_at(),
    *_engagement_features(),
    CheckConstraint("icp_score between 1 and 10", name="icp_score"),
    CheckConstraint(_PRIORITY, name="priority_level"),
    Index("ix_account_signals_icp_score", "icp_score", "account_domain"),
    comment="The features of every account as they are now, one flat row each.",
)

account_feature_snapshots = Table(
    "account_feature_snapshots",
    metadata,
    Column("account_domain", Text, ForeignKey("accounts.account_domain", ondelete="CASCADE"), primary_key=True),
    Column("as_of", Date, primary_key=True),
    *_account_features(),
    written_by(),
    created_at(),
    updated_at(),
    *_engagement_features(),
    Index("ix_account_feature_snapshots_as_of", "as_of"),
    comment="The features of an account as they were when as_of (UTC) began: nothing that happened or was learned "
    "later.",
)

account_changes = Table(
    "account_changes",
    metadata,
    bigint_id(),
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
    bigint_id(),
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
    written_by(),
    *run_life(),
    Column("not_trained_because", Text, comment="Why the run trained no model."),
    Column("not_recommended_because", Text, comment="Why the run recommends nobody, or made no list."),
    CheckConstraint("status in ('running', 'completed', 'failed')", name="status"),
    unfinished_index("feature_refreshes"),
    comment="One row per run of ml_feature_refresh: what it looked at and what it wrote. scope: which accounts, and "
    "why; previous_watermark: from where on changes were read, NULL when all accounts were refreshed. abandoned_at: "
    "closed as failed because no task of its run gave a sign of life.",
)

ml_models = Table(
    "ml_models",
    metadata,
    bigint_id(),
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
    written_by(),
    created_at(),
    CheckConstraint("status in ('rejected', 'promoted', 'retired')", name="status"),
    CheckConstraint("artifact_sha256 ~ '^[0-9a-f]{64}$'", name="artifact_sha256"),
    CheckConstraint(
        "status = 'rejected' or (artifact_path is not null and artifact_sha256 is not null)", name="artifact"
    ),
    UniqueConstraint("name", "version"),
    UniqueConstraint("name", "fingerprint"),
    Index("uq_ml_models_promoted", "name", unique=True, postgresql_where=text("status = 'promoted'")),
    comment="Every model that was trained, with its card. promoted: scores accounts now, one per name; rejected: it "
    "was not better. fingerprint: the same data and settings are trained once.",
)

account_scores = Table(
    "account_scores",
    metadata,
    Column("account_domain", Text, ForeignKey("accounts.account_domain", ondelete="CASCADE"), primary_key=True),
    Column("model_id", BigInteger, ForeignKey("ml_models.id", ondelete="CASCADE"), nullable=False),
    Column("probability", Numeric(6, 5), nullable=False),
    Column("reasons", ARRAY(Text), nullable=False),
    written_by(),
    created_at(),
    updated_at(),
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
    written_by(),
    created_at(),
    updated_at(),
    CheckConstraint("level in ('rising', 'surging')", name="level"),
    comment="Accounts with more activity lately than their history predicts; the others have no row.",
)

account_suppressions = Table(
    "account_suppressions",
    metadata,
    Column("account_domain", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("suppressed_until", DateTime(timezone=True)),
    written_by(),
    created_at(),
    updated_at(),
    CheckConstraint("account_domain <> '' and account_domain = lower(account_domain)", name="account_domain"),
    CheckConstraint("trim(reason) <> ''", name="reason"),
    comment="Accounts that must not be recommended, until a moment or for ever.",
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
    written_by(),
    created_at(),
    Column("contact_id", UUID(as_uuid=True), ForeignKey("contacts.id", ondelete="SET NULL")),
    CheckConstraint("rank >= 1", name="rank"),
    CheckConstraint("propensity > 0 and propensity <= 1", name="propensity"),
    UniqueConstraint("recommended_on", "rank"),
    Index("ix_account_recommendations_account_domain", "account_domain"),
    Index("ix_account_recommendations_model_id", "model_id", postgresql_where=text("model_id is not null")),
    Index("ix_account_recommendations_contact_id", "contact_id", postgresql_where=text("contact_id is not null")),
    comment="Recommended accounts per day, and why. is_exploration: drawn by chance to learn from; propensity: the "
    "chance it had of being on the list.",
)

ACCOUNT_KIN = """
create view account_kin with (security_invoker = true) as
with led as materialized (
    select id, merged_into_id, domain from companies where merged_into_id is not null
),
one_company as materialized (
    select merged_into_id as company_id, domain from led where domain is not null
    union
    select id, domain
    from companies
    where id in (select merged_into_id from led) and domain is not null
)
select mine.domain as account_domain, other.domain as other_domain
from one_company as mine
join one_company as other on other.company_id = mine.company_id and other.domain <> mine.domain"""
"""Companies that are one since a merge, by their domains: what was done or asked at one of them holds for all."""

event.listen(metadata, "after_create", DDL(ACCOUNT_KIN.strip()))  # type: ignore[no-untyped-call]
enable_row_security(users, prospect_intelligence_runs)
enable_row_security(prospect_intelligence, user_interactions, force=True)
