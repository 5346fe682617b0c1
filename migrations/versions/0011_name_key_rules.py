"""By which rules the stored name keys were made.

Revision: 0011, after 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "name_key_rules",
        sa.Column("entity_type", sa.Text(), nullable=False),
        sa.Column("rules", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()")),
        sa.CheckConstraint("entity_type in ('company', 'person')", name=op.f("ck_name_key_rules_entity_type")),
        sa.PrimaryKeyConstraint("entity_type", name=op.f("pk_name_key_rules")),
        comment="By which version of the rules the name keys of all companies and of all persons were made; those of "
        "older versions are made again after the migrations.",
    )
    op.execute("grant select, insert, update, delete on name_key_rules to prospecting_app")


def downgrade() -> None:
    op.drop_table("name_key_rules")
