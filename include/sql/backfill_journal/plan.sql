-- Taking a run back, in temporary tables: its changes, the rows as they are, and the rows as they will be.

-- name: change_table
-- The changes to take back; level 1 is the last change of a row.
create temporary table if not exists changes_to_undo (
    id bigint not null,
    table_name text not null,
    row_key text not null,
    operation text not null,
    before jsonb,
    after jsonb,
    level integer not null,
    primary key (table_name, row_key, level)
) on commit drop

-- name: row_table
-- The rows concerned: as they are (present) and as they will be (image), NULL where there is none; how many of their
-- changes are undone; and why not all of them are.
create temporary table if not exists rows_to_undo (
    table_name text not null,
    row_key text not null,
    undone integer not null default 0,
    present jsonb,
    image jsonb,
    reason text,
    primary key (table_name, row_key)
) on commit drop

-- name: use_utc
-- Images of rows are compared as JSON, in which times are text: in UTC, as in the journal.
select set_config('timezone', 'UTC', true)

-- name: lock_changes
-- Locks the changes that are left to take back: somebody else who takes the run back waits, and finds none.
select id
from backfill_journal
where written_by = any(cast(:attempts as bigint[])) and taken_back_at is null
order by id
for update

-- name: stage_changes
-- Lists the changes that are left to take back.
insert into changes_to_undo (id, table_name, row_key, operation, before, after, level)
select
    id, table_name, row_key, operation, before, after,
    row_number() over (partition by table_name, row_key order by id desc)
from backfill_journal
where written_by = any(cast(:attempts as bigint[])) and taken_back_at is null

-- name: undo_level
-- Undoes one change of each row, the latest that is left - unless what it wrote has been changed since. Columns of
-- bookkeeping (:bookkeeping) do not count, and stay when they were changed since.
with next as (
    select
        r.table_name,
        r.row_key,
        c.level,
        case
            when c.operation = 'update' then r.image || coalesce(
                (
                    select jsonb_object_agg(b.key, b.value)
                    from jsonb_each(c.before) as b
                    where r.image ? b.key
                      and (b.key <> all(cast(:bookkeeping as text[])) or r.image -> b.key = c.after -> b.key)
                ),
                '{}'
            )
        end as image,
        case
            when r.image is null then 'gone'
            when exists (
                select
                from jsonb_each(c.after) as a
                where r.image ? a.key
                  and a.key <> all(cast(:bookkeeping as text[]))
                  and r.image -> a.key <> a.value
            ) then 'changed'
        end as reason
    from rows_to_undo as r
    join changes_to_undo as c on c.table_name = r.table_name and c.row_key = r.row_key and c.level = r.undone + 1
    where r.reason is null
)
update rows_to_undo as r
set image = case when next.reason is null then next.image else r.image end,
    undone = case when next.reason is null then next.level else r.undone end,
    reason = next.reason
from next
where r.table_name = next.table_name and r.row_key = next.row_key

-- name: keep_asked_again
-- Leaves requests ended whose seats have been asked for again since: one request per seat waits at a time.
update rows_to_undo as r
set reason = 'asked_again', undone = 0, image = r.present
where r.table_name = 'agent_routing_log'
  and r.reason is null
  and r.image ->> 'status' in ('pending', 'queued', 'assigned', 'running')
  and (
      exists (
          select
          from agent_routing_log as newer
          where newer.record_type = r.image ->> 'record_type'
            and newer.record_id = r.image ->> 'record_id'
            and newer.routing_id > cast(r.row_key as bigint)
      )
      or exists (
          select
          from intake.people_raw_intake as asked
          join intake.people_raw_intake as newer
              on newer.company_unique_id = asked.company_unique_id
              and newer.slot_type = asked.slot_type
              and newer.source_system = asked.source_system
              and newer.id > asked.id
          where cast(asked.id as text) = r.image ->> 'record_id'
      )
  )

-- name: keep_pairs
-- A request and its intake row stay or go back together.
update rows_to_undo as r
set reason = other.reason, undone = 0, image = r.present
from rows_to_undo as other
where r.reason is null
  and other.reason is not null
  and case r.table_name
      when 'agent_routing_log'
          then other.table_name = 'intake.people_raw_intake' and other.row_key = r.present ->> 'record_id'
      when 'intake.people_raw_intake'
          then other.table_name = 'agent_routing_log' and r.row_key = other.present ->> 'record_id'
      else false
  end

-- name: free_requests
-- Requests that wait again are held by nobody and not settled, whatever a lease or an evaluation has written since.
update rows_to_undo
set image = image || jsonb_build_object('lease_expires_at', null, 'settled_at', null)
where table_name = 'agent_routing_log' and undone > 0 and image ->> 'status' in ('pending', 'queued')

-- name: keep_linked_persons
-- Persons whom a signal's execution has found, or who are in a doubtful pair that stays, stay themselves.
update rows_to_undo as r
set reason = 'needed', undone = 0, image = r.present
where r.table_name = 'persons'
  and r.image is null
  and r.present is not null
  and (
      exists (
          select
          from signal_execution_entities as e
          where e.entity_type = 'person' and e.entity_id = cast(r.row_key as bigint)
      )
      or exists (
          select
          from merge_candidates as m
          where m.entity_type = 'person'
            and cast(r.row_key as bigint) in (m.left_id, m.right_id)
            and not exists (
                select
                from rows_to_undo as going
                where going.table_name = 'merge_candidates'
                  and going.row_key = cast(m.id as text)
                  and going.image is null
            )
      )
  )

-- name: changed_columns
-- The columns of a table in which rows will differ.
select distinct i.key
from rows_to_undo as r
cross join lateral jsonb_each(r.image) as i
where r.table_name = :table_name and r.present -> i.key <> i.value

-- name: count_rows
-- What becomes of the rows, by table.
select
    table_name,
    count(*) filter (where present is not null and image is null) as removed,
    count(*) filter (where present <> image) as restored
from rows_to_undo
group by table_name
having count(*) filter (where present is distinct from image) > 0

-- name: count_kept
-- The rows that stay, wholly or in part, by table and reason.
select table_name, reason, count(*) as number
from rows_to_undo
where reason is not null and reason <> 'gone'
group by table_name, reason

-- name: count_seats
-- The seats whose holders lose the role for which they hold it.
select count(distinct s.company_slot_unique_id)
from rows_to_undo as r
join persons as p on p.id = cast(r.present ->> 'person_id' as bigint)
join companies as c on c.id = cast(r.present ->> 'company_id' as bigint)
join company_slot as s
    on s.company_unique_id = c.company_unique_id and s.person_unique_id = p.person_unique_id
where r.table_name = 'company_person_roles'
  and r.present is distinct from r.image
  and not coalesce(cast(r.image ->> 'is_current' as boolean), false)

-- name: note_undone
-- Notes which changes have been taken back, or concern rows that are gone. What rows said is not needed any more.
update backfill_journal as j
set taken_back_at = now(), before = null, after = null
from changes_to_undo as c
join rows_to_undo as r using (table_name, row_key)
where j.id = c.id and (c.level <= r.undone or r.reason = 'gone')

-- name: persons_to_settle
-- People whose roles bear upon those of the run, where others have written any since it began: what follows from their
-- evidence was settled with the run's.
with touched as (
    select cast(present ->> 'person_id' as bigint) as person_id, cast(present ->> 'company_id' as bigint) as company_id
    from rows_to_undo
    where table_name = 'company_person_roles' and present is not null
),
bearing as materialized (
    select r.person_id, r.updated_at, t.company_id
    from (select distinct company_id from touched) as t
    join company_person_roles as r on r.company_id = t.company_id
    union all
    select r.person_id, r.updated_at, t.company_id
    from touched as t
    join company_person_roles as r on r.person_id = t.person_id and r.company_id <> t.company_id
)
select distinct person_id
from bearing
where company_id in (
    select company_id
    from bearing
    where updated_at >= (
        select min(j.changed_at) from backfill_journal as j where j.written_by = any(cast(:attempts as bigint[]))
    )
)
