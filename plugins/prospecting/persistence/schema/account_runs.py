"""Runs that keep accounts up to date and promote people into contacts, and what each of them found."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID

from prospecting.persistence.schema.metadata import (
    bigint_id,
    counter,
    created_at,
    metadata,
    run_life,
    unfinished_index,
    updated_at,
    uuid_id,
    written_by,
)


def _share(name: str) -> Column[object]:
    return Column(name, Numeric(5, 2), nullable=False)


account_refreshes = Table(
    "account_refreshes",
    metadata,
    bigint_id(),
    Column("airflow_run_id", Text, nullable=False, unique=True),
    Column("params", JSONB, nullable=False),
    Column("as_of", DateTime(timezone=True), nullable=False),
    Column("status", Text, nullable=False, server_default=text("'running'")),
    Column("counts", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Column("error", Text),
    Column("started_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("completed_at", DateTime(timezone=True)),
    written_by(),
    *run_life(),
    CheckConstraint("status in ('running', 'completed', 'failed')", name="status"),
    unfinished_index("account_refreshes"),
    comment="One row per run of account_refresh: what it looked at and what it found. as_of: the moment that ages are "
    "counted back from.",
)

account_health_history = Table(
    "account_health_history",
    metadata,
    Column("company_id", BigInteger, ForeignKey("companies.id", ondelete="CASCADE"), primary_key=True),
    Column("observed_on", Date, primary_key=True),
    _share("total_score"),
    _share("engagement"),
    _share("conversations"),
    _share("relationships"),
    _share("decision_makers"),
    Column("health_status", Text, nullable=False),
    counter("contacts"),
    counter("active_conversations"),
    written_by(),
    created_at(),
    updated_at(),
    CheckConstraint("health_status in ('excellent', 'good', 'fair', 'poor', 'critical')", name="health_status"),
    CheckConstraint("total_score between 0 and 100", name="total_score"),
    Index("ix_account_health_history_observed_on", "observed_on"),
    comment="The health of every account with contacts, per day (UTC): 0 to 100, and its four parts, each rounded by "
    "itself.",
)

contact_promotions = Table(
    "contact_promotions",
    metadata,
    uuid_id(),
    Column("airflow_run_id", Text, nullable=False, unique=True),
    Column("params", JSONB, nullable=False),
    Column("status", Text, nullable=False, server_default=text("'running'")),
    Column("decision", Text),
    Column("decided_by", Text),
    Column("decided_at", DateTime(timezone=True)),
    counter("proposed"),
    counter("promoted"),
    Column("error", Text),
    Column("started_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("completed_at", DateTime(timezone=True)),
    written_by(),
    *run_life(),
    CheckConstraint("status in ('running', 'planned', 'completed', 'rejected', 'failed')", name="status"),
    CheckConstraint("decision in ('approved', 'rejected')", name="decision"),
    CheckConstraint("(decision is null) = (decided_at is null)", name="decided_at"),
    CheckConstraint("decision is distinct from 'approved' or coalesce(trim(decided_by), '') <> ''", name="approved_by"),
    unfinished_index("contact_promotions"),
    comment="One row per plan to make people contacts. planned: waits for the decision of a person (decided_by), "
    "without which nobody becomes a contact.",
)

contact_promotion_items = Table(
    "contact_promotion_items",
    metadata,
    Column(
        "promotion_id", UUID(as_uuid=True), ForeignKey("contact_promotions.id", ondelete="CASCADE"), primary_key=True
    ),
    Column("person_id", BigInteger, ForeignKey("persons.id", ondelete="CASCADE"), primary_key=True),
    Column("company_id", BigInteger, ForeignKey("companies.id", ondelete="CASCADE"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("source", Text, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("reason", Text),
    Column("contact_id", UUID(as_uuid=True), ForeignKey("contacts.id", ondelete="SET NULL")),
    written_by(),
    created_at(),
    updated_at(),
    CheckConstraint("source in ('sponsor', 'seat')", name="source"),
    CheckConstraint("verdict in ('new', 'known', 'suppressed', 'erased', 'doubtful', 'no_channel')", name="verdict"),
    CheckConstraint("status in ('proposed', 'promoted', 'left_out', 'refused')", name="status"),
    Index("ix_contact_promotion_items_person_id", "person_id"),
    Index("ix_contact_promotion_items_company_id", "company_id"),
    Index(
        "ix_contact_promotion_items_proposed",
        "promotion_id",
        "position",
        postgresql_where=text("status = 'proposed'"),
    ),
    Index("ix_contact_promotion_items_contact_id", "contact_id", postgresql_where=text("contact_id is not null")),
    comment="Whom a promotion is about, and what becomes of them. verdict: as planned; status: left_out by the plan, "
    "refused when it was checked again, with the reason. position: the order of the list.",
)

job_changes = Table(
    "job_changes",
    metadata,
    uuid_id(),
    Column("person_id", BigInteger, ForeignKey("persons.id", ondelete="CASCADE"), nullable=False),
    Column("from_role_id", BigInteger, ForeignKey("company_person_roles.id", ondelete="CASCADE"), nullable=False),
    Column("to_role_id", BigInteger, ForeignKey("company_person_roles.id", ondelete="CASCADE"), nullable=False),
    Column("observed_on", Date, nullable=False),
    Column("status", Text, nullable=False, server_default=text("'proposed'")),
    Column("reason", Text),
    Column("decided_by", Text),
    Column("decided_at", DateTime(timezone=True)),
    written_by(),
    created_at(),
    updated_at(),
    CheckConstraint("status in ('proposed', 'confirmed', 'dismissed')", name="status"),
    CheckConstraint("(status = 'proposed') = (decided_at is null)", name="decided_at"),
    CheckConstraint("from_role_id <> to_role_id", name="another_role"),
    CheckConstraint("reason in ('side_seat', 'no_title', 'several_companies', 'no_profile')", name="reason"),
    UniqueConstraint("from_role_id", "to_role_id"),
    Index("ix_job_changes_person_id", "person_id"),
    Index("ix_job_changes_to_role_id", "to_role_id"),
    Index("ix_job_changes_proposed", "id", postgresql_where=text("status = 'proposed'")),
    comment="Newer evidence of a person's role at another company. Confirmed by itself when the evidence is good, "
    "else a person decides; reason says why.",
)
