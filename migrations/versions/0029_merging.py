"""Two companies or persons are merged, and the merge is undone.

Revision: 0029, after 0028
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

_CURRENT_ATTEMPT = "nullif(current_setting('prospecting.task_attempt', true), '')::bigint"

# A row that is changed several times has one line: what it said first, and what it says last. One that gets another key
# is gone under the old one. Times are written in UTC, whatever the session says, because images that different
# sessions made are compared.
_NOTE_MERGE_CHANGE = """
create function note_merge_change() returns trigger language plpgsql set timezone = 'UTC' as $$
declare
    merge bigint := current_setting('prospecting.merge')::bigint;
    name text := case when tg_table_schema = 'public' then '' else tg_table_schema || '.' end || tg_table_name;
    old_row jsonb := case when tg_op <> 'INSERT' then to_jsonb(old) end;
    new_row jsonb := case when tg_op <> 'DELETE' then to_jsonb(new) end;
    old_key jsonb;
    new_key jsonb;
begin
    if old_row = new_row then
        return null;
    end if;
    select jsonb_object_agg(k, old_row -> k), jsonb_object_agg(k, new_row -> k)
    into old_key, new_key
    from unnest(tg_argv) as k;
    if tg_op = 'UPDATE' and old_key = new_key then
        insert into merge_changes (merge_id, table_name, row_key, before, after)
        values (merge, name, new_key, old_row, new_row)
        on conflict (merge_id, table_name, row_key) do update set after = excluded.after;
        return null;
    end if;
    if old_row is not null then
        insert into merge_changes (merge_id, table_name, row_key, before)
        values (merge, name, old_key, old_row)
        on conflict (merge_id, table_name, row_key) do update set after = null;
    end if;
    if new_row is not null then
        insert into merge_changes (merge_id, table_name, row_key, after)
        values (merge, name, new_key, new_row)
        on conflict (merge_id, table_name, row_key) do update set after = excluded.after;
    end if;
    return null;
end
$$"""

# What happened with a company that is merged counts with the one it leads to, so both have news.
_NOTE_BOTH = """
        if old.merged_into_id is distinct from new.merged_into_id then
            perform note_companies(array_agg(id), array_agg(timestamptz '-infinity'))
            from unnest(array[old.merged_into_id, new.merged_into_id]) as survivor (id)
            where id is not null;
        end if;"""


_NOTE_COMPANY_MOVE = """
create or replace function note_company_move() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' then
        insert into account_changes (account_domain, since)
        select old.domain, timestamptz '-infinity' where old.domain is not null
        union
        select account_domain, timestamptz '-infinity' from accounts where company_id = old.id;
        return old;
    end if;
    if (old.domain, old.merged_into_id) is distinct from (new.domain, new.merged_into_id) then
        insert into account_changes (account_domain, since)
        select domain, timestamptz '-infinity' from unnest(array[old.domain, new.domain]) as moved (domain)
        where domain is not null
        union
        select account_domain, timestamptz '-infinity' from accounts where company_id = new.id;{both}
    else
        insert into account_changes (account_domain, since)
        select account_domain, now() from accounts
        where account_domain = new.domain and company_name = account_domain;
    end if;
    return new;
end
$$"""


_NOTED = {
    "campaign_domains": "'domain'",
    "event_sponsors": "'event_id', 'company_id'",
    "signal_execution_entities": "'execution_id', 'entity_type', 'entity_id'",
    "account_recommendations": "'recommended_on', 'account_domain'",
    "touchpoint_participants": "'touchpoint_id', 'contact_id'",
    "contact_promotion_items": "'promotion_id', 'person_id'",
    "seat_refusals": "'company_id', 'slot_type', 'person_id'",
    **dict.fromkeys(
        (
            "merge_candidates",
            "accounts",
            "relationships",
            "conversations",
            "contacts",
            "job_changes",
            "contact_channels",
            "company_person_roles",
            "persons",
            "companies",
        ),
        "'id'",
    ),
}

_NOT_MOVED = "current_setting('prospecting.moves', true) is distinct from 'on'"
_CONTACT_COLUMNS = (
    "person_id, company_id, email, role, department, seniority_level, twitter_url, personal_website, interests, "
    "communication_preferences, research_data, status, is_primary_contact, is_decision_maker, is_champion, "
    "last_researched_at, job_changed_at"
)
_CONVERSATION_COLUMNS = (
    "contact_id, company_id, status, qualification_tier, next_touchpoint_at, context, campaign_id, campaign_name, "
    "sequence_step, outcome, outcome_date, outcome_notes, estimated_value, actual_value, metadata, started_at, "
    "closed_at"
)
_CHANGED = "old.* is distinct from new.*"
# Table, name, when, for what, the condition they have already, function.
_WATCHING = (
    (
        "contacts",
        "date_contact",
        "before insert or update of company_id, is_decision_maker, company_since, decision_maker_since",
        "for each row",
        "",
        "date_contact()",
    ),
    *(
        (table, "set_updated_at", when, "for each row", _CHANGED, "update_updated_at_column()")
        for table, when in (
            ("contacts", f"before update of {_CONTACT_COLUMNS}"),
            ("conversations", f"before update of {_CONVERSATION_COLUMNS}"),
            ("relationships", "before update"),
        )
    ),
    *(
        (
            table,
            "date_recording",
            f"{moment} update of {column}",
            "for each row",
            f"old.{column} is distinct from new.{column}",
            "date_recording()",
        )
        for table, moment, column in (
            ("persons", "after", "linkedin_url"),
            ("company_person_roles", "before", "is_current"),
        )
    ),
    (
        "conversations",
        "record_update",
        "after update",
        "referencing old table as old_rows new table as new_rows for each statement",
        "",
        "record_conversation_transitions()",
    ),
)


def _watch(*conditions: str) -> None:
    """Make the triggers again that date and record what changes, with these conditions besides their own."""
    for table, name, when, each, own, function in _WATCHING:
        all_of = " and ".join(condition for condition in (own, *conditions) if condition)
        op.execute(f"drop trigger {name} on {table}")
        op.execute(
            f"create trigger {name} {when} on {table} {each} "
            f"{f'when ({all_of}) ' if all_of else ''}execute function {function}"
        )


def upgrade() -> None:
    op.create_table(
        "merges",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("entity_type", sa.Text(), nullable=False),
        sa.Column("survivor_id", sa.BigInteger(), nullable=False),
        sa.Column("merged_id", sa.BigInteger(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("merged_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("undone_by", sa.Text(), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("written_by", sa.BigInteger(), server_default=sa.text(_CURRENT_ATTEMPT), nullable=True),
        sa.CheckConstraint("entity_type in ('company', 'person')", name=op.f("ck_merges_entity_type")),
        sa.CheckConstraint("survivor_id <> merged_id", name=op.f("ck_merges_two")),
        sa.CheckConstraint("trim(decided_by) <> ''", name=op.f("ck_merges_decided_by")),
        sa.CheckConstraint("(undone_at is null) = (undone_by is null)", name=op.f("ck_merges_undone")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merges")),
        comment="Which company or person was merged into which, who decided it and when, and who undid it. merged_id "
        "leads to survivor_id by its merged_into_id. No foreign keys: an erasure deletes the rows of a person.",
    )
    op.create_index(
        "uq_merges_standing",
        "merges",
        ["entity_type", "merged_id"],
        unique=True,
        postgresql_where=sa.text("undone_at is null"),
    )
    op.create_index("ix_merges_survivor_id", "merges", ["entity_type", "survivor_id"])
    op.create_table(
        "merge_changes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("merge_id", sa.BigInteger(), nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("row_key", JSONB(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("before", JSONB(), nullable=True),
        sa.Column("after", JSONB(), nullable=True),
        sa.ForeignKeyConstraint(
            ["merge_id"], ["merges.id"], name=op.f("fk_merge_changes_merge_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merge_changes")),
        comment="Every row that a merge changed: what it said before (null: it was not there) and after (null: it is "
        "gone), of changed rows only the columns that differ. Holds personal data; deleted when the merge is undone.",
    )
    op.create_index("uq_merge_changes_row", "merge_changes", ["merge_id", "table_name", "row_key"], unique=True)
    op.create_index("ix_merge_changes_row", "merge_changes", ["table_name", "row_key"])
    op.create_index(
        "ix_merge_changes_person_id",
        "merge_changes",
        ["person_id"],
        postgresql_where=sa.text("person_id is not null"),
    )
    for table in ("merges", "merge_changes"):
        op.execute(f"grant select, insert, update, delete on {table} to prospecting_app")
    op.add_column("merge_candidates", sa.Column("decided_by", sa.Text(), nullable=True))
    op.add_column("merge_candidates", sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table_comment(
        "merge_candidates",
        "Pairs that may be one company or person, with the evidence; a person decides. decided_by of an open pair: who "
        "put it off, at decided_at.",
        existing_comment="Pairs that may be one company or person, with the evidence; a person decides.",
    )
    # A merged company gives its domain to a survivor without one. Both are then known by a name, often the same.
    _index_names("domain is null and merged_into_id is null")
    op.execute(_NOTE_MERGE_CHANGE.strip())
    op.execute(_NOTE_COMPANY_MOVE.replace("{both}", _NOTE_BOTH).strip())
    for table, key in _NOTED.items():
        op.execute(
            f"create trigger note_merge after insert or update or delete on {table} for each row "
            "when (coalesce(current_setting('prospecting.merge', true), '') <> '') "
            f"execute function note_merge_change({key})"
        )
    _watch(_NOT_MOVED)


def downgrade() -> None:
    _watch()
    for table in _NOTED:
        op.execute(f"drop trigger note_merge on {table}")
    op.execute("drop function note_merge_change")
    op.execute(_NOTE_COMPANY_MOVE.replace("{both}", "").strip())
    _index_names("domain is null")
    op.create_table_comment(
        "merge_candidates",
        "Pairs that may be one company or person, with the evidence; a person decides.",
        existing_comment="Pairs that may be one company or person, with the evidence; a person decides. decided_by of "
        "an open pair: who put it off, at decided_at.",
    )
    op.drop_column("merge_candidates", "decided_at")
    op.drop_column("merge_candidates", "decided_by")
    op.drop_table("merge_changes")
    op.drop_table("merges")


def _index_names(condition: str) -> None:
    op.drop_index("uq_companies_name_key_without_domain", table_name="companies")
    op.create_index(
        "uq_companies_name_key_without_domain",
        "companies",
        ["name_key"],
        unique=True,
        postgresql_where=sa.text(condition),
    )
