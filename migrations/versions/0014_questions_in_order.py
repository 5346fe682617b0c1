"""The questions of an execution in their order, in which what is answered is saved.

Revision: 0014, after 0013
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "execution_questions",
        sa.Column("execution_id", sa.UUID(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False, server_default=sa.text("'planned'")),
        sa.Column("answer_id", sa.BigInteger()),
        sa.Column(
            "written_by",
            sa.BigInteger(),
            server_default=sa.text("nullif(current_setting('prospecting.task_attempt', true), '')::bigint"),
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()")),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()")),
        sa.CheckConstraint(
            "stage in ('discover', 'extract_sponsors', 'find_people')", name=op.f("ck_execution_questions_stage")
        ),
        sa.CheckConstraint(
            "status in ('planned', 'answered', 'saved', 'failed')", name=op.f("ck_execution_questions_status")
        ),
        sa.ForeignKeyConstraint(
            ["execution_id"],
            ["signal_executions.id"],
            name=op.f("fk_execution_questions_execution_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["answer_id"], ["agent_calls.id"], name=op.f("fk_execution_questions_answer_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("execution_id", "source", name=op.f("pk_execution_questions")),
        comment="The questions that an execution plans, in order: position counts within a stage. An answer is saved "
        "once those to all questions before it are saved or have failed. source: as in rejected_records.",
    )
    op.create_index(
        "ix_execution_questions_unsaved",
        "execution_questions",
        ["execution_id", "stage", "position"],
        postgresql_where=sa.text("status in ('planned', 'answered')"),
    )
    op.create_index("ix_execution_questions_answer_id", "execution_questions", ["answer_id"])
    op.execute("grant select, insert, update, delete on execution_questions to prospecting_app")


def downgrade() -> None:
    op.drop_table("execution_questions")
