"""A call says which version of the agent was asked, and what such calls cost is found without reading them all.

Revision: 0035, after 0034
"""

from __future__ import annotations

from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table agent_calls add column version text")
    op.execute(
        "create index ix_agent_calls_observed_cost on agent_calls (provider, agent, version, finished_at) "
        "include (cost_usd) where status = 'succeeded' and cost_usd is not null"
    )


def downgrade() -> None:
    op.execute("drop index ix_agent_calls_observed_cost")
    op.execute("alter table agent_calls drop column version")
