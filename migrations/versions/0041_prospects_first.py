"""What kind of organisation a company is and whose brand, who sponsored earlier editions, and who is asked about first.

Revision: 0041, after 0040
"""

from __future__ import annotations

from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

_REASONS = (
    "'sponsors_named', 'no_sponsors', 'over_limit', 'suppressed', 'erased', 'not_a_company', 'domain_in_doubt', "
    "'already_known'"
)


def _allow(reasons: str) -> None:
    op.execute("alter table signal_execution_entities drop constraint ck_signal_execution_entities_skip_reason")
    op.execute(
        "alter table signal_execution_entities add constraint ck_signal_execution_entities_skip_reason "
        f"check (skip_reason in ({reasons}))"
    )


def upgrade() -> None:
    op.execute(
        """
        alter table companies
            add column kind text,
            add column parent_domain text,
            add constraint ck_companies_kind
                check (kind in ('company', 'non_profit', 'government', 'community', 'venue', 'person')),
            add constraint ck_companies_parent_domain_normalised
                check (parent_domain <> '' and parent_domain = lower(parent_domain))
        """
    )
    op.execute("comment on column companies.kind is 'NULL: nothing tells; it counts as a company.'")
    op.execute("comment on column companies.parent_domain is 'The domain of the listed company whose brand this is.'")
    op.execute(
        "create index ix_companies_kind on companies (kind, name_key text_pattern_ops, id) where kind <> 'company'"
    )
    op.execute(
        """
        alter table event_sponsors
            add column is_past_sponsor boolean not null default false,
            add column past_year smallint,
            add constraint ck_event_sponsors_past_year check (past_year is null or is_past_sponsor)
        """
    )
    op.execute(
        "comment on column event_sponsors.is_past_sponsor is "
        "'Of an earlier edition; this one has no list of sponsors yet. An event has such rows or its own, never both.'"
    )
    op.execute("comment on column event_sponsors.past_year is 'The year of the latest edition that it sponsored.'")
    op.execute("alter table signal_execution_entities add column priority double precision")
    op.execute(
        "comment on column signal_execution_entities.priority is "
        "'Of a company: how much its sponsorships speak for asking about it first (scoring/sponsorship.py).'"
    )
    _allow(f"{_REASONS}, 'other_kind'")


def downgrade() -> None:
    op.execute("update signal_execution_entities set skip_reason = null where skip_reason = 'other_kind'")
    _allow(_REASONS)
    op.execute("alter table signal_execution_entities drop column priority")
    op.execute("delete from event_sponsors where is_past_sponsor")
    op.execute("alter table event_sponsors drop column past_year, drop column is_past_sponsor")
    op.execute("drop index ix_companies_kind")
    op.execute("alter table companies drop column kind, drop column parent_domain")
