"""Domains for recruiting or a campaign, and the companies they lead to.

Revision: 0012, after 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "campaign_domains",
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column(
            "stem", sa.Text(), nullable=False, comment="What the company's own domain begins with, if it has one."
        ),
        sa.Column(
            "name_key",
            sa.Text(),
            nullable=False,
            comment="The name it came with, without a word for recruiting behind it.",
        ),
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "written_by",
            sa.BigInteger(),
            server_default=sa.text("nullif(current_setting('prospecting.task_attempt', true), '')::bigint"),
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()")),
        sa.CheckConstraint(
            "domain <> '' and domain = lower(domain)", name=op.f("ck_campaign_domains_domain_normalised")
        ),
        sa.CheckConstraint("stem <> ''", name=op.f("ck_campaign_domains_stem_not_empty")),
        sa.CheckConstraint("name_key <> ''", name=op.f("ck_campaign_domains_name_key_not_empty")),
        sa.ForeignKeyConstraint(
            ["company_id"], ["companies.id"], name=op.f("fk_campaign_domains_company_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("domain", name=op.f("pk_campaign_domains")),
        comment="Domains for recruiting or a campaign, and the company they lead to. A company known by one takes the "
        "domain that the stem spells, once it is named with it.",
    )
    op.create_index("ix_campaign_domains_stem", "campaign_domains", ["stem"])
    op.create_index("ix_campaign_domains_company_id", "campaign_domains", ["company_id"])
    op.execute("grant select, insert, update, delete on campaign_domains to prospecting_app")


def downgrade() -> None:
    op.drop_table("campaign_domains")
