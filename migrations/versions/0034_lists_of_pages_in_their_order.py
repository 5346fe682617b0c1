"""Executions of all signals, pairs in doubt, and briefings of an org are listed from an index.

Revision: 0034, after 0033
"""

from __future__ import annotations

from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

_NEW = {
    "ix_signal_executions_started_at": "signal_executions (started_at, id)",
    # Pairs that somebody put off come last.
    "ix_merge_candidates_open": "merge_candidates ((decided_at is not null), id) where status = 'open'",
    "ix_merge_candidates_distinct": (
        "merge_candidates (decided_at desc nulls last, id desc) where status = 'distinct'"
    ),
    **{
        f"ix_{table}_org_id_researched_at": f"{table} (org_id, researched_at, id)"
        for table in ("company_intel_briefings", "person_intel_briefings", "icp_job_titles")
    },
}


def upgrade() -> None:
    for name, definition in _NEW.items():
        op.execute(f"create index {name} on {definition}")


def downgrade() -> None:
    for name in _NEW:
        op.execute(f"drop index {name}")
