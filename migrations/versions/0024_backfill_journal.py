"""A journal of the rows that backfill runs change, so that a run can be taken back.

Revision: 0024, after 0023
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

# Of an update only the columns that differ. Times are written in UTC, whatever the session says, because images that
# different sessions made are compared.
_JOURNAL_CHANGE = """
create function journal_change() returns trigger language plpgsql set timezone = 'UTC' as $$
declare
    old_row jsonb;
    new_row jsonb;
    key text;
    person bigint;
begin
    if tg_op = 'DELETE' then
        raise exception '%: delete refused: a backfill deletes nothing, because taking it back could not bring it back',
            tg_table_name using errcode = 'restrict_violation';
    end if;
    new_row := to_jsonb(new);
    key := new_row ->> tg_argv[0];
    person := (new_row ->> tg_argv[1])::bigint;
    if tg_op = 'UPDATE' then
        select jsonb_object_agg(o.key, o.value), jsonb_object_agg(o.key, new_row -> o.key)
        into old_row, new_row
        from jsonb_each(to_jsonb(old)) as o
        where o.value is distinct from new_row -> o.key;
        if old_row is null then
            return null;
        end if;
    end if;
    insert into backfill_journal (table_name, row_key, person_id, operation, before, after)
    values (
        case when tg_table_schema = 'public' then '' else tg_table_schema || '.' end || tg_table_name,
        key,
        person,
        lower(tg_op),
        old_row,
        new_row
    );
    return null;
end
$$"""

_JOURNALLED = {
    "company_person_roles": "'id', 'person_id'",
    "contact_channels": "'id', 'person_id'",
    "merge_candidates": "'id'",
    "rejected_records": "'id'",
    "agent_routing_log": "'routing_id'",
    "intake.people_raw_intake": "'id'",
    "company_slot": "'company_slot_unique_id'",
    "persons": "'id', 'id'",
}


def upgrade() -> None:
    op.create_table(
        "backfill_journal",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("row_key", sa.Text(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("before", JSONB(), nullable=True),
        sa.Column("after", JSONB(), nullable=True),
        sa.Column(
            "changed_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("taken_back_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "written_by",
            sa.BigInteger(),
            server_default=sa.text("nullif(current_setting('prospecting.task_attempt', true), '')::bigint"),
            nullable=True,
        ),
        sa.CheckConstraint("operation in ('insert', 'update')", name=op.f("ck_backfill_journal_operation")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_backfill_journal")),
        comment="Every row that a backfill run wrote, with what it said before and after (of updates the columns that "
        "differ), so that the run can be taken back; then both are emptied. Holds personal data, and goes after 30 "
        "days.",
    )
    op.create_index("ix_backfill_journal_written_by", "backfill_journal", ["written_by"])
    op.create_index("ix_backfill_journal_changed_at", "backfill_journal", ["changed_at"])
    op.execute("grant select, insert, update, delete on backfill_journal to prospecting_app")
    op.execute(_JOURNAL_CHANGE.strip())
    for table, arguments in _JOURNALLED.items():
        op.execute(
            f"create trigger journal_change after insert or update or delete on {table} for each row "
            "when (current_setting('prospecting.journal', true) = 'on') "
            f"execute function journal_change({arguments})"
        )


def downgrade() -> None:
    for table in _JOURNALLED:
        op.execute(f"drop trigger journal_change on {table}")
    op.execute("drop function journal_change")
    op.drop_table("backfill_journal")
