"""Why an execution does not ask about something it found, and which industries are guesses.

Revision: 0009, after 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_ENTITIES = (
    "What an execution found: the ids behind its results. is_new: it was not known before.",
    "What an execution found: the ids behind its results. is_new: it was not known before; skip_reason: why it was not "
    "asked about.",
)


def upgrade() -> None:
    op.add_column("signal_execution_entities", sa.Column("skip_reason", sa.Text))
    op.create_check_constraint(
        op.f("ck_signal_execution_entities_skip_reason"),
        "signal_execution_entities",
        "skip_reason in ('sponsors_named', 'no_sponsors', 'over_limit')",
    )
    before, after = _ENTITIES
    op.create_table_comment("signal_execution_entities", after, existing_comment=before)
    op.add_column(
        "companies", sa.Column("industry_is_guess", sa.Boolean, nullable=False, server_default=sa.text("false"))
    )


def downgrade() -> None:
    op.drop_column("companies", "industry_is_guess")
    before, after = _ENTITIES
    op.create_table_comment("signal_execution_entities", before, existing_comment=after)
    op.drop_constraint(op.f("ck_signal_execution_entities_skip_reason"), "signal_execution_entities")
    op.drop_column("signal_execution_entities", "skip_reason")
