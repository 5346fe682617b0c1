"""Other names of companies, and which sponsors were named without a website.

Revision: 0014, after 0013
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_BEFORE = "Who sponsors what. sponsor_tier is the best tier seen, tier_labels all of them word for word."
_AFTER = (
    f"{_BEFORE} named_only: the name key by which alone the company was found; the link follows the company that this "
    "name means."
)


def upgrade() -> None:
    op.create_table(
        "company_names",
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "written_by",
            sa.BigInteger(),
            server_default=sa.text("nullif(current_setting('prospecting.task_attempt', true), '')::bigint"),
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()")),
        sa.CheckConstraint("name_key <> ''", name=op.f("ck_company_names_name_key_not_empty")),
        sa.ForeignKeyConstraint(
            ["company_id"], ["companies.id"], name=op.f("fk_company_names_company_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("name_key", "company_id", name=op.f("pk_company_names")),
        comment="Names that came with a company's own domain, where there are several; a mention without a website "
        "that has one of them means the company.",
    )
    op.create_index("ix_company_names_company_id", "company_names", ["company_id"])
    op.execute("grant select, insert, update, delete on company_names to prospecting_app")
    op.add_column("event_sponsors", sa.Column("named_only", sa.Text()))
    op.create_index(
        "ix_event_sponsors_named_only",
        "event_sponsors",
        ["named_only"],
        postgresql_where=sa.text("named_only is not null"),
    )
    op.create_table_comment("event_sponsors", _AFTER, existing_comment=_BEFORE)


def downgrade() -> None:
    op.create_table_comment("event_sponsors", _BEFORE, existing_comment=_AFTER)
    op.drop_index("ix_event_sponsors_named_only", table_name="event_sponsors")
    op.drop_column("event_sponsors", "named_only")
    op.drop_table("company_names")
