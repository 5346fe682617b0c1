"""Seats that change hands: what changed since the last evaluation, when a seat is looked at again, who is not meant.

Revision: 0020, after 0019
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_NOTE_CHANGES = """
create function note_seat_changes() returns trigger language plpgsql as $$
begin
    if tg_table_name = 'companies' then
        insert into seat_changes (company_id) select id from new_rows;
    elsif tg_table_name = 'company_slot' and tg_op = 'UPDATE' then
        insert into seat_changes (company_id)
        select distinct c.id from new_rows as n join companies as c using (company_unique_id);
    elsif tg_table_name = 'company_slot' then
        insert into seat_changes (company_id)
        select distinct c.id from old_rows as o join companies as c using (company_unique_id);
    elsif tg_op = 'INSERT' then
        insert into seat_changes (company_id) select distinct company_id from new_rows;
    elsif tg_op = 'DELETE' then
        insert into seat_changes (company_id) select distinct company_id from old_rows;
    else  -- company_person_roles: only what an evaluation reads of them
        insert into seat_changes (company_id)
        select distinct company_id
        from (
            select id, company_id, person_id, role_title, is_current, is_doubted, observed_on from old_rows
            union all
            select id, company_id, person_id, role_title, is_current, is_doubted, observed_on from new_rows
        ) as versions
        group by id, company_id, person_id, role_title, is_current, is_doubted, observed_on
        having count(*) = 1;
    end if;
    return null;
end
$$"""
_NOTE_MERGE = """
create function note_seats_of_merge() returns trigger language plpgsql as $$
begin
    if tg_table_name = 'companies' then
        insert into seat_changes (company_id)
        select id from unnest(array[new.id, old.merged_into_id, new.merged_into_id]) as changed (id)
        where id is not null;
    else  -- persons
        insert into seat_changes (company_id)
        select distinct company_id from company_person_roles
        where person_id in (new.id, old.merged_into_id, new.merged_into_id);
    end if;
    return null;
end
$$"""
_NOTE_REQUEST = """
create function note_seat_of_request() returns trigger language plpgsql as $$
begin
    if tg_table_name = 'people_raw_intake' then
        insert into seat_changes (company_id)
        select id from companies where company_unique_id = new.company_unique_id;
    elsif new.record_id ~ '^[1-9][0-9]{0,17}$' then
        insert into seat_changes (company_id)
        select c.id
        from intake.people_raw_intake as i
        join companies as c using (company_unique_id)
        where i.id = new.record_id::bigint;
    end if;
    return null;
end
$$"""
_NEW, _OLD = "new table as new_rows", "old table as old_rows"
_ROWS = {"insert": _NEW, "update": f"{_OLD} {_NEW}", "delete": _OLD}
_SOURCES = {
    "companies": ("insert",),
    "company_person_roles": ("insert", "update", "delete"),
    "seat_refusals": ("insert", "delete"),
    "company_slot": ("update", "delete"),
}
_TRIGGERS = (
    *(
        f"create trigger note_seats_{change} after {change} on {table} referencing {_ROWS[change]} "
        "for each statement execute function note_seat_changes()"
        for table, changes in _SOURCES.items()
        for change in changes
    ),
    *(
        f"create trigger note_seats_merge after update of merged_into_id on {table} for each row "
        "when (old.merged_into_id is distinct from new.merged_into_id) execute function note_seats_of_merge()"
        for table in ("companies", "persons")
    ),
    # Row by row, because only few rows are meant: of a bulk insert of requests none.
    "create trigger note_seat after insert or update on intake.people_raw_intake for each row "
    "when (new.source_system = 'slot_backfill' and new.validated and new.promoted_at is null) "
    "execute function note_seat_of_request()",
    "create trigger note_seat after insert or update of status on agent_routing_log for each row "
    "when (new.record_type = 'person_slot_backfill' and new.settled_at is null "
    "and new.status in ('completed', 'failed', 'cancelled')) execute function note_seat_of_request()",
)
_NEW_COLUMNS = {
    "company_slot": (
        sa.Column("is_weak", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("last_asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    ),
    "title_seats": (sa.Column("also_ceo_rank", sa.SmallInteger(), nullable=True),),
    "slot_evaluations": (
        sa.Column("is_incremental", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("policy", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        *(
            sa.Column(name, sa.Integer(), server_default=sa.text("0"), nullable=False)
            for name in ("slots_weak", "verifications_triggered", "unnoted_changes")
        ),
    ),
    "slot_evaluation_chunks": (
        *(
            sa.Column(name, sa.Integer(), server_default=sa.text("0"), nullable=False)
            for name in ("slots_weak", "verifications_triggered", "unnoted_changes")
        ),
        sa.Column("company_ids", postgresql.ARRAY(sa.BigInteger()), nullable=True),
    ),
}
_COMMENTS = {
    "company_slot": (
        "Who holds a company's seat. is_filled and status follow from person and attempts, so they cannot lie.",
        "Who holds a company's seat. is_filled and status follow from person and attempts, so they cannot lie. "
        "is_weak: the holder's title is below the minimum confidence, and the search goes on. due_on: from this day on "
        "the seat is looked at again without news. answered_by: the providers that have answered for it.",
    ),
    "title_seats": (
        "What the title classifier says of every title seen: the rank at which it fills a seat (1 is best). rules: the "
        "classifier's version; other versions are classified again.",
        "What the title classifier says of every title seen: the rank at which it fills a seat (1 is best). "
        "also_ceo_rank: the rank as CEO where owners, presidents and managing directors count. rules: the classifier's "
        "version; other versions are classified again.",
    ),
    "slot_evaluations": (
        "One row per run of slot_evaluation: its scope and its summary. is_full: all companies, all seats. "
        "abandoned_at: closed as failed because no task of its run gave a sign of life.",
        "One row per run of slot_evaluation: its scope and its summary. is_full: all companies, all seats; "
        "is_incremental: of these, those that something happened to. policy: the rules it went by. unnoted_changes: "
        "seats it changed although nothing had been noted. abandoned_at: closed as failed because no task of its run "
        "gave a sign of life.",
    ),
    "slot_evaluation_chunks": (
        "The counters of one chunk, written in the chunk's own transaction: a retry adds to what it had changed.",
        "The counters of one chunk, written in the chunk's own transaction: a retry adds to what it had changed. "
        "company_ids: what an incremental evaluation evaluated of its range.",
    ),
}


def upgrade() -> None:
    op.create_table(
        "seat_changes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "changed_in", sa.BigInteger(), server_default=sa.text("pg_current_xact_id()::text::bigint"), nullable=False
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seat_changes")),
        comment="Companies whose seats may have changed: written by triggers on everything an evaluation reads, taken "
        "by the evaluation. changed_in: the transaction. No foreign key: a note may outlive its company.",
    )
    op.create_index("ix_seat_changes_company_id", "seat_changes", ["company_id"], unique=False)
    op.create_table(
        "seat_refusals",
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("slot_type", sa.Text(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("refused_by", sa.Text(), nullable=False),
        sa.Column(
            "written_by",
            sa.BigInteger(),
            server_default=sa.text("nullif(current_setting('prospecting.task_attempt', true), '')::bigint"),
            nullable=True,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("slot_type in ('CEO', 'CFO', 'HR')", name=op.f("ck_seat_refusals_slot_type")),
        sa.ForeignKeyConstraint(
            ["company_id"], ["companies.id"], name=op.f("fk_seat_refusals_company_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["persons.id"], name=op.f("fk_seat_refusals_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("company_id", "slot_type", "person_id", name=op.f("pk_seat_refusals")),
        comment="Who is not the holder of a seat, whatever their title and whoever says so. refused_by: who decided.",
    )
    op.create_index("ix_seat_refusals_person_id", "seat_refusals", ["person_id"], unique=False)
    for table, columns in _NEW_COLUMNS.items():
        for column in columns:
            op.add_column(table, column)
    op.add_column(
        "people_raw_intake", sa.Column("promoted_at", sa.DateTime(timezone=True), nullable=True), schema="intake"
    )
    op.execute(
        "update intake.people_raw_intake set promoted_at = coalesce(validated_at, updated_at) "
        "where validated and validated_by = 'slot_backfill'"
    )
    op.execute("update company_slot set last_asked_at = last_refreshed_at where status = 'closed_missing'")
    op.create_index(
        "ix_company_slot_due_on",
        "company_slot",
        ["due_on"],
        unique=False,
        postgresql_where=sa.text("due_on is not null"),
    )
    op.create_index(
        "ix_people_raw_intake_unpromoted",
        "people_raw_intake",
        ["company_unique_id"],
        unique=False,
        schema="intake",
        postgresql_where=sa.text("source_system = 'slot_backfill' and validated and promoted_at is null"),
    )
    for table, (_, comment) in _COMMENTS.items():
        op.create_table_comment(table, comment)
    for definition in (_NOTE_CHANGES, _NOTE_MERGE, _NOTE_REQUEST):
        op.execute(definition.strip())
    for definition in _TRIGGERS:
        op.execute(definition)
    for table in ("seat_changes", "seat_refusals"):
        op.execute(f"grant select, insert, update, delete on {table} to prospecting_app")


def downgrade() -> None:
    for definition in _TRIGGERS:
        words = definition.split()
        op.execute(f"drop trigger {words[2]} on {words[words.index('on') + 1]}")
    op.execute("drop function note_seat_changes, note_seats_of_merge, note_seat_of_request")
    for table, (comment, _) in _COMMENTS.items():
        op.create_table_comment(table, comment)
    op.drop_index("ix_people_raw_intake_unpromoted", table_name="people_raw_intake", schema="intake")
    op.drop_index("ix_company_slot_due_on", table_name="company_slot")
    op.drop_column("people_raw_intake", "promoted_at", schema="intake")
    for table, columns in _NEW_COLUMNS.items():
        for column in columns:
            op.drop_column(table, column.name)
    for table in ("seat_refusals", "seat_changes"):
        op.drop_table(table)
