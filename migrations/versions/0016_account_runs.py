"""Runs that keep accounts up to date, plans to make people contacts, and job changes.

Revision: 0016, after 0015
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_ATTEMPT = sa.text("nullif(current_setting('prospecting.task_attempt', true), '')::bigint")

_TABLES = (
    "job_changes",
    "contact_promotion_items",
    "contact_promotions",
    "account_health_history",
    "account_refreshes",
)


def upgrade() -> None:
    op.create_table(
        "account_refreshes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("airflow_run_id", sa.Text(), nullable=False),
        sa.Column("params", JSONB(), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'running'"), nullable=False),
        sa.Column("counts", JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("written_by", sa.BigInteger(), server_default=_ATTEMPT, nullable=True),
        sa.Column("opened_by", sa.BigInteger(), server_default=_ATTEMPT, nullable=True),
        sa.Column("abandoned_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("status in ('running', 'completed', 'failed')", name=op.f("ck_account_refreshes_status")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_refreshes")),
        sa.UniqueConstraint("airflow_run_id", name=op.f("uq_account_refreshes_airflow_run_id")),
        comment="One row per run of account_refresh: what it looked at and what it found. as_of: the moment that ages "
        "are counted back from.",
    )
    op.create_index(
        "ix_account_refreshes_unfinished",
        "account_refreshes",
        ["opened_by"],
        unique=False,
        postgresql_where=sa.text("status = 'running' or abandoned_at is not null"),
    )
    op.create_table(
        "account_health_history",
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("observed_on", sa.Date(), nullable=False),
        sa.Column("total_score", sa.Numeric(precision=5, scale=2), nullable=False),
        sa.Column("engagement", sa.Numeric(precision=5, scale=2), nullable=False),
        sa.Column("conversations", sa.Numeric(precision=5, scale=2), nullable=False),
        sa.Column("relationships", sa.Numeric(precision=5, scale=2), nullable=False),
        sa.Column("decision_makers", sa.Numeric(precision=5, scale=2), nullable=False),
        sa.Column("health_status", sa.Text(), nullable=False),
        sa.Column("contacts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("active_conversations", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("written_by", sa.BigInteger(), server_default=_ATTEMPT, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "health_status in ('excellent', 'good', 'fair', 'poor', 'critical')",
            name=op.f("ck_account_health_history_health_status"),
        ),
        sa.CheckConstraint("total_score between 0 and 100", name=op.f("ck_account_health_history_total_score")),
        sa.ForeignKeyConstraint(
            ["company_id"], ["companies.id"], name=op.f("fk_account_health_history_company_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("company_id", "observed_on", name=op.f("pk_account_health_history")),
        comment="The health of every account with contacts, per day (UTC): 0 to 100, and its four parts, each rounded "
        "by itself.",
    )
    op.create_index("ix_account_health_history_observed_on", "account_health_history", ["observed_on"], unique=False)
    op.create_table(
        "contact_promotions",
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("airflow_run_id", sa.Text(), nullable=False),
        sa.Column("params", JSONB(), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'running'"), nullable=False),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("proposed", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("promoted", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("written_by", sa.BigInteger(), server_default=_ATTEMPT, nullable=True),
        sa.Column("opened_by", sa.BigInteger(), server_default=_ATTEMPT, nullable=True),
        sa.Column("abandoned_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("decision in ('approved', 'rejected')", name=op.f("ck_contact_promotions_decision")),
        sa.CheckConstraint(
            "status in ('running', 'planned', 'completed', 'rejected', 'failed')",
            name=op.f("ck_contact_promotions_status"),
        ),
        sa.CheckConstraint(
            "decision is distinct from 'approved' or coalesce(trim(decided_by), '') <> ''",
            name=op.f("ck_contact_promotions_approved_by"),
        ),
        sa.CheckConstraint("(decision is null) = (decided_at is null)", name=op.f("ck_contact_promotions_decided_at")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_promotions")),
        sa.UniqueConstraint("airflow_run_id", name=op.f("uq_contact_promotions_airflow_run_id")),
        comment="One row per plan to make people contacts. planned: waits for the decision of a person (decided_by), "
        "without which nobody becomes a contact.",
    )
    op.create_index(
        "ix_contact_promotions_unfinished",
        "contact_promotions",
        ["opened_by"],
        unique=False,
        postgresql_where=sa.text("status = 'running' or abandoned_at is not null"),
    )
    op.create_table(
        "contact_promotion_items",
        sa.Column("promotion_id", sa.UUID(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("contact_id", sa.UUID(), nullable=True),
        sa.Column("written_by", sa.BigInteger(), server_default=_ATTEMPT, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("source in ('sponsor', 'seat')", name=op.f("ck_contact_promotion_items_source")),
        sa.CheckConstraint(
            "status in ('proposed', 'promoted', 'left_out', 'refused')", name=op.f("ck_contact_promotion_items_status")
        ),
        sa.CheckConstraint(
            "verdict in ('new', 'known', 'suppressed', 'erased', 'doubtful', 'no_channel')",
            name=op.f("ck_contact_promotion_items_verdict"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id"], ["companies.id"], name=op.f("fk_contact_promotion_items_company_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name=op.f("fk_contact_promotion_items_contact_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["persons.id"], name=op.f("fk_contact_promotion_items_person_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["promotion_id"],
            ["contact_promotions.id"],
            name=op.f("fk_contact_promotion_items_promotion_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("promotion_id", "person_id", name=op.f("pk_contact_promotion_items")),
        comment="Whom a promotion is about, and what becomes of them. verdict: as planned; status: left_out by the "
        "plan, refused when it was checked again, with the reason. position: the order of the list.",
    )
    op.create_index("ix_contact_promotion_items_company_id", "contact_promotion_items", ["company_id"], unique=False)
    op.create_index(
        "ix_contact_promotion_items_contact_id",
        "contact_promotion_items",
        ["contact_id"],
        unique=False,
        postgresql_where=sa.text("contact_id is not null"),
    )
    op.create_index("ix_contact_promotion_items_person_id", "contact_promotion_items", ["person_id"], unique=False)
    op.create_index(
        "ix_contact_promotion_items_proposed",
        "contact_promotion_items",
        ["promotion_id", "position"],
        unique=False,
        postgresql_where=sa.text("status = 'proposed'"),
    )
    op.create_table(
        "job_changes",
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("from_role_id", sa.BigInteger(), nullable=False),
        sa.Column("to_role_id", sa.BigInteger(), nullable=False),
        sa.Column("observed_on", sa.Date(), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'proposed'"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("written_by", sa.BigInteger(), server_default=_ATTEMPT, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("(status = 'proposed') = (decided_at is null)", name=op.f("ck_job_changes_decided_at")),
        sa.CheckConstraint("status in ('proposed', 'confirmed', 'dismissed')", name=op.f("ck_job_changes_status")),
        sa.CheckConstraint("from_role_id <> to_role_id", name=op.f("ck_job_changes_another_role")),
        sa.CheckConstraint(
            "reason in ('side_seat', 'no_title', 'several_companies', 'no_profile')", name=op.f("ck_job_changes_reason")
        ),
        sa.ForeignKeyConstraint(
            ["from_role_id"], ["company_person_roles.id"], name=op.f("fk_job_changes_from_role_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["persons.id"], name=op.f("fk_job_changes_person_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["to_role_id"], ["company_person_roles.id"], name=op.f("fk_job_changes_to_role_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_changes")),
        sa.UniqueConstraint("from_role_id", "to_role_id", name=op.f("uq_job_changes_from_role_id_to_role_id")),
        comment="Newer evidence of a person's role at another company. Confirmed by itself when the evidence is good, "
        "else a person decides; reason says why.",
    )
    op.create_index("ix_job_changes_person_id", "job_changes", ["person_id"], unique=False)
    op.create_index(
        "ix_job_changes_proposed", "job_changes", ["id"], unique=False, postgresql_where=sa.text("status = 'proposed'")
    )
    op.create_index("ix_job_changes_to_role_id", "job_changes", ["to_role_id"], unique=False)
    for table in _TABLES:
        op.execute(f"grant select, insert, update, delete on {table} to prospecting_app")


def downgrade() -> None:
    for table in _TABLES:
        op.drop_table(table)
