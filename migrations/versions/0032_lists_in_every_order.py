"""Lists of companies and persons are read from an index, in each of their orders.

Revision: 0032, after 0031
"""

from __future__ import annotations

from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

# An index by text_pattern_ops answers = like any other, and also "begins with" and the order of the list, whatever the
# database's collation is. Agents may put whole paragraphs into an industry, which no index takes: those are listed, and
# not found by it.
_BEFORE = {
    "ix_companies_name_key": "companies (name_key)",
    "ix_persons_name_key": "persons (name_key)",
    "ix_account_signals_icp_score": "account_signals (icp_score)",
}
_AFTER = {
    "ix_companies_name_key": "companies (name_key text_pattern_ops, id)",
    "ix_persons_name_key": "persons (name_key text_pattern_ops, id)",
    "ix_account_signals_icp_score": "account_signals (icp_score, account_domain)",
}
_NEW = {
    "ix_companies_created_at": "companies (created_at, id)",
    "ix_companies_country": "companies (country, name_key text_pattern_ops, id) where length(country) <= 100",
    "ix_companies_primary_industry": (
        "companies (primary_industry, name_key text_pattern_ops, id) where length(primary_industry) <= 100"
    ),
    "ix_persons_created_at": "persons (created_at, id)",
    **{
        f"ix_{table}_researched_at": f"{table} (researched_at, id)"
        for table in ("company_intel_briefings", "person_intel_briefings", "icp_job_titles")
    },
    "ix_signal_execution_entities_person": "signal_execution_entities (entity_id) where entity_type = 'person'",
}


def upgrade() -> None:
    for name, definition in _AFTER.items():
        op.execute(f"drop index {name}")
        op.execute(f"create index {name} on {definition}")
    for name, definition in _NEW.items():
        op.execute(f"create index {name} on {definition}")


def downgrade() -> None:
    for name in _NEW:
        op.execute(f"drop index {name}")
    for name, definition in _BEFORE.items():
        op.execute(f"drop index {name}")
        op.execute(f"create index {name} on {definition}")
