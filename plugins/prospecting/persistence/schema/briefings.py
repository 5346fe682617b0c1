"""Tables for what deep research found, with its history, and whether it was written."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    Computed,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID

from prospecting.persistence.schema.metadata import (
    bigint_id,
    create_before_tables,
    created_at,
    enable_row_security,
    metadata,
    updated_at,
    uuid_id,
    written_by,
)

create_before_tables(
    r"""
create function text_key(value text) returns text
language sql immutable parallel safe as $$
    select nullif(lower(normalize(btrim(value, E' \t\n\r\f\v\u00a0'), NFKC)), '')
$$"""
)


def _source(table: str, column: str, target: str) -> ForeignKeyConstraint:
    """A reference to the source of a briefing: within its own org, and the briefing outlives it."""
    return ForeignKeyConstraint(
        [column, "org_id"],
        [f"{target}.id", f"{target}.org_id"],
        name=f"fk_{table}_{column}_org_id",
        ondelete=f"SET NULL ({column})",
    )


def _briefings(table: str, *columns: Column[str], keys: tuple[Index | CheckConstraint, ...], comment: str) -> Table:
    """A table of deep research: its own columns, then those that all of them have about the research."""
    return Table(
        table,
        metadata,
        uuid_id(),
        Column("org_id", UUID(as_uuid=True), ForeignKey("orgs.id", ondelete="CASCADE"), nullable=False),
        *columns,
        Column("parallel_run_id", Text),
        Column("processor", Text),
        Column("source_submission_id", UUID(as_uuid=True)),
        Column("source_pipeline_run_id", UUID(as_uuid=True)),
        created_at(),
        updated_at(),
        Column("researched_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
        written_by(),
        _source(table, "source_submission_id", "submissions"),
        _source(table, "source_pipeline_run_id", "pipeline_runs"),
        *keys,
        Index(f"ix_{table}_researched_at", "researched_at", "id"),
        Index(f"ix_{table}_org_id_researched_at", "org_id", "researched_at", "id"),
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
        bigint_id(),
        Column("briefing_id", UUID(as_uuid=True), ForeignKey(f"{table}.id", ondelete="CASCADE"), nullable=False),
        Column("org_id", UUID(as_uuid=True), ForeignKey("orgs.id", ondelete="CASCADE"), nullable=False),
        Column("record", JSONB, nullable=False),
        Column("researched_at", DateTime(timezone=True), nullable=False),
        Column("digest", Text, nullable=False),
        Column("replaced_at", DateTime(timezone=True), nullable=False, server_default=text("clock_timestamp()")),
        written_by(),
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
    uuid_id(),
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
    written_by(),
    created_at(),
    updated_at(),
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
            "person_linkedin_url",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
        Index(
            "uq_person_intel_briefings_key",
            "org_id",
            text("text_key(person_full_name)"),
            text("text_key(person_current_company_name)"),
            text("text_key(client_company_name)"),
            "person_linkedin_url",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
        Index("idx_person_intel_briefings_org", "org_id"),
        Index("idx_person_intel_briefings_linkedin", "org_id", "person_linkedin_url"),
        Index("ix_person_intel_briefings_person_linkedin_url", "person_linkedin_url"),
        Index("idx_person_intel_briefings_company", "org_id", "person_current_company_name"),
        Index("idx_person_intel_briefings_client", "org_id", "client_company_name"),
    ),
    comment="What deep research says of a person, seen from a client: one row per person, company and client of an "
    "org, the newest. Namesakes with different LinkedIn URLs have a row each.",
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
    written_by(),
    created_at(),
    updated_at(),
    CheckConstraint("kind in ('company', 'person', 'icp_job_titles')", name="kind"),
    CheckConstraint("status in ('written', 'failed', 'rejected')", name="status"),
    Index("ix_briefing_writes_failed", "step_result_id", postgresql_where=text("status = 'failed'")),
    comment="Whether the result of a research step reached its table. failed: it will be tried again; rejected: it "
    "says why it cannot be.",
)

enable_row_security(
    icp_job_titles,
    icp_job_titles_history,
    extracted_icp_job_title_details,
    company_intel_briefings,
    company_intel_briefings_history,
    person_intel_briefings,
    person_intel_briefings_history,
    briefing_writes,
)
