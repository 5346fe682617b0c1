"""Requests that are made, put back or deleted by others, and refusals that are changed, note the company of their seat.

A row of the intake queue says since when it is validated, whoever validates it.

Revision: 0027, after 0026
"""

from __future__ import annotations

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

_HEAD = """
create or replace function note_seat_changes() returns trigger language plpgsql as $$
begin
    if tg_table_name = 'companies' then
        insert into seat_changes (company_id) select id from new_rows;
    elsif tg_table_name = 'company_slot' and tg_op = 'UPDATE' then
        insert into seat_changes (company_id)
        select distinct split_part(company_unique_id, '.', 5)::bigint from new_rows;
    elsif tg_table_name = 'company_slot' then
        insert into seat_changes (company_id)
        select distinct split_part(company_unique_id, '.', 5)::bigint from old_rows;
    elsif tg_op = 'INSERT' then
        insert into seat_changes (company_id) select distinct company_id from new_rows;
    elsif tg_op = 'DELETE' then
        insert into seat_changes (company_id) select distinct company_id from old_rows;
"""
_REFUSALS = """    elsif tg_table_name = 'seat_refusals' then
        insert into seat_changes (company_id)
        select company_id from old_rows
        union
        select company_id from new_rows;
"""
_TAIL = """    else  -- company_person_roles: only what an evaluation reads of them
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
_NOTE_REQUEST = """
create or replace function note_seat_of_request() returns trigger language plpgsql as $$
declare
    row_id text;
begin
    -- Of an inserted row there is no old one, of a deleted one no new one: what they say is null.
    if tg_table_name = 'people_raw_intake' then
        insert into seat_changes (company_id)
        select id from companies where company_unique_id in (new.company_unique_id, old.company_unique_id);
        return null;
    end if;
    row_id := coalesce(new.record_id, old.record_id);
    if row_id ~ '^[1-9][0-9]{0,17}$' then
        insert into seat_changes (company_id)
        select c.id
        from intake.people_raw_intake as i
        join companies as c using (company_unique_id)
        where i.id = row_id::bigint;
    end if;
    return null;
end
$$"""
_NOTE_REQUEST_BEFORE = """
create or replace function note_seat_of_request() returns trigger language plpgsql as $$
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
_NOTE_MERGE = """
create or replace function note_seats_of_merge() returns trigger language plpgsql as $$
begin
    if tg_table_name = 'companies' then
        insert into seat_changes (company_id)
        select id from unnest(array[new.id, old.merged_into_id, new.merged_into_id]) as changed (id)
        where id is not null;
    else  -- persons, and whoever was merged into the same one: a refusal of one of them is a refusal of all
        insert into seat_changes (company_id)
        select distinct r.company_id
        from (
            select id from persons where id in (new.id, old.merged_into_id, new.merged_into_id)
            union
            select id from persons where merged_into_id in (new.id, old.merged_into_id, new.merged_into_id)
        ) as person
        join company_person_roles as r on r.person_id = person.id;
    end if;
    return null;
end
$$"""
_NOTE_MERGE_BEFORE = """
create or replace function note_seats_of_merge() returns trigger language plpgsql as $$
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
_DATE_VALIDATION = """
create function date_validation() returns trigger language plpgsql as $$
begin
    new.validated_at := now();
    return new;
end
$$"""

_NOTE = "for each row when ({}) execute function note_seat_of_request()"
_UNPROMOTED = "new.source_system = 'slot_backfill' and new.validated and new.promoted_at is null"
_UNSETTLED = "{0}.record_type = 'person_slot_backfill' and {0}.settled_at is null"
_ASKED = "({0}.source_system, {0}.company_unique_id, {0}.slot_type, {0}.backfill_source, {0}.validated)"
_STATE = "({0}.record_type, {0}.record_id, {0}.status, {0}.settled_at is null)"
# An evaluation makes and settles requests by the hundred thousand, says so, and would drop the notes.
_BY_OTHERS = "current_setting('prospecting.evaluates_seats', true) is distinct from 'on'"
_TRIGGERS = {
    ("intake.people_raw_intake", "note_seat", "after insert"): _NOTE.format(_UNPROMOTED),
    ("intake.people_raw_intake", "note_seat_moved", "after update"): _NOTE.format(
        f"({_UNPROMOTED} or 'slot_backfill' in (old.source_system, new.source_system) "
        f"and {_ASKED.format('old')} is distinct from {_ASKED.format('new')}) and {_BY_OTHERS}"
    ),
    ("intake.people_raw_intake", "note_seat_gone", "after delete"): _NOTE.format("old.source_system = 'slot_backfill'"),
    ("agent_routing_log", "note_seat", "after insert"): _NOTE.format(f"{_UNSETTLED.format('new')} and {_BY_OTHERS}"),
    # Being worked on makes no difference to a seat; not being worked on any more may.
    ("agent_routing_log", "note_seat_moved", "after update"): _NOTE.format(
        f"{_UNSETTLED.format('old')} and {_STATE.format('old')} is distinct from {_STATE.format('new')} "
        f"and not (old.status in ('pending', 'queued') and new.status in ('assigned', 'running')) and {_BY_OTHERS}"
    ),
    ("agent_routing_log", "note_seat_gone", "after delete"): _NOTE.format(_UNSETTLED.format("old")),
    ("intake.people_raw_intake", "date_validation", "before insert or update of validated"): (
        "for each row when (new.validated and new.validated_at is null) execute function date_validation()"
    ),
    ("seat_refusals", "note_seats_update", "after update"): (
        "referencing old table as old_rows new table as new_rows for each statement "
        "execute function note_seat_changes()"
    ),
}
_TRIGGERS_BEFORE = {
    ("intake.people_raw_intake", "note_seat", "after insert or update"): _NOTE.format(_UNPROMOTED),
    ("agent_routing_log", "note_seat", "after insert or update of status"): _NOTE.format(
        f"{_UNSETTLED.format('new')} and new.status in ('completed', 'failed', 'cancelled')"
    ),
}


def upgrade() -> None:
    for table, name, _ in _TRIGGERS_BEFORE:
        op.execute(f"drop trigger {name} on {table}")
    for function in (_HEAD + _REFUSALS + _TAIL, _NOTE_REQUEST, _NOTE_MERGE, _DATE_VALIDATION):
        op.execute(function.strip())
    for (table, name, when), action in _TRIGGERS.items():
        op.execute(f"create trigger {name} {when} on {table} {action}")


def downgrade() -> None:
    for table, name, _ in _TRIGGERS:
        op.execute(f"drop trigger {name} on {table}")
    op.execute("drop function date_validation")
    for function in (_HEAD + _TAIL, _NOTE_REQUEST_BEFORE, _NOTE_MERGE_BEFORE):
        op.execute(function.strip())
    for (table, name, when), action in _TRIGGERS_BEFORE.items():
        op.execute(f"create trigger {name} {when} on {table} {action}")
