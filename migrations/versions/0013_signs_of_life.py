"""When a task try was last alive, and which runs were closed because nobody of theirs was.

Revision: 0013, after 0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_RUNS = ("signal_executions", "slot_evaluations", "feature_refreshes")
_ATTEMPT = sa.text("nullif(current_setting('prospecting.task_attempt', true), '')::bigint")
_COMMENTS = {
    "task_attempts": (
        "One row per try of an Airflow task that wrote something; written_by columns point here.",
        "One row per try of an Airflow task that wrote something; written_by columns point here. heartbeat_at: its "
        "last sign of life, about a minute apart while it works.",
    ),
    "signal_executions": (
        None,
        "One row per run of a signal: its configuration, status and results. abandoned_at: when it was closed as "
        "failed because no task of its run gave a sign of life; a task that goes on opens it again.",
    ),
    "slot_evaluations": (
        "One row per run of slot_evaluation: its scope and its summary. is_full: all companies, all seats.",
        "One row per run of slot_evaluation: its scope and its summary. is_full: all companies, all seats. "
        "abandoned_at: closed as failed because no task of its run gave a sign of life.",
    ),
    "feature_refreshes": (
        "One row per run of ml_feature_refresh: what it looked at and what it wrote. scope: which accounts, and "
        "why; previous_watermark: from where on changes were read, NULL when all accounts were refreshed.",
        "One row per run of ml_feature_refresh: what it looked at and what it wrote. scope: which accounts, and "
        "why; previous_watermark: from where on changes were read, NULL when all accounts were refreshed. "
        "abandoned_at: closed as failed because no task of its run gave a sign of life.",
    ),
}


def upgrade() -> None:
    op.add_column(
        "task_attempts",
        sa.Column("heartbeat_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()")),
    )
    for table in _RUNS:
        op.add_column(table, sa.Column("opened_by", sa.BigInteger()))
        # After the column is there: the rows that are have been opened by nobody known, and are not written again.
        op.alter_column(table, "opened_by", server_default=_ATTEMPT)
        op.add_column(table, sa.Column("abandoned_at", sa.DateTime(timezone=True)))
        # What runs now was written last when it was opened.
        runs = sa.table(table, sa.column("opened_by"), sa.column("written_by"), sa.column("status"))
        op.execute(runs.update().values(opened_by=runs.c.written_by).where(runs.c.status == "running"))
        op.create_index(
            f"ix_{table}_unfinished",
            table,
            ["opened_by"],
            postgresql_where=sa.text("status = 'running' or abandoned_at is not null"),
        )
    for table, (before, after) in _COMMENTS.items():
        op.create_table_comment(table, after, existing_comment=before)


def downgrade() -> None:
    for table, (before, after) in _COMMENTS.items():
        if before is None:
            op.drop_table_comment(table, existing_comment=after)
        else:
            op.create_table_comment(table, before, existing_comment=after)
    for table in _RUNS:
        op.drop_index(f"ix_{table}_unfinished", table_name=table)
        op.drop_column(table, "abandoned_at")
        op.drop_column(table, "opened_by")
    op.drop_column("task_attempts", "heartbeat_at")
