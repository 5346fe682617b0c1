-- Merges, and the lines of what they changed.

-- name: find
-- A merge by its number.
select id, entity_type, survivor_id, merged_id, decided_by, merged_at, undone_by, undone_at
from merges where id = :merge_id

-- name: lock
-- Locks a merge: who undoes it at the same moment waits, and finds it undone.
select id from merges where id = :merge_id for update

-- name: standing
-- The merge by which a company or person leads to another, if it is on record.
select id, entity_type, survivor_id, merged_id, decided_by, merged_at, undone_by, undone_at
from merges where entity_type = :entity_type and merged_id = :merged_id and undone_at is null

-- name: latest
-- The latest merges, with those that were undone.
select id, entity_type, survivor_id, merged_id, decided_by, merged_at, undone_by, undone_at
from merges
where cast(:entity_type as text) is null or entity_type = :entity_type
order by id desc
limit :limit

-- name: open
-- Puts a new merge on record.
insert into merges (entity_type, survivor_id, merged_id, decided_by)
values (:entity_type, :survivor_id, :merged_id, :decided_by)
returning id, entity_type, survivor_id, merged_id, decided_by, merged_at, undone_by, undone_at

-- name: note_changes
-- From here on every row that is changed is noted, as a change of this merge.
select set_config('prospecting.merge', cast(:merge_id as text), true)

-- name: end_notes
-- From here on nothing is noted any more.
select set_config('prospecting.merge', '', true)

-- name: begin_moving
-- From here on rows move: that has no history, and is no news of what they say.
select set_config('prospecting.moves', 'on', true)

-- name: end_moving
-- From here on rows change again.
select set_config('prospecting.moves', 'off', true)

-- name: use_utc
-- Images of rows are compared as JSON, in which times are text: in UTC, as where they were noted.
select set_config('timezone', 'UTC', true)

-- name: keep_differences
-- Of rows that are there before and after only the columns that differ are kept, without those that triggers count
-- (:counted, by table).
update merge_changes as c
set before = d.before, after = d.after
from (
    select o.id, jsonb_object_agg(b.key, b.value) as before, jsonb_object_agg(b.key, o.after -> b.key) as after
    from merge_changes as o
    cross join lateral jsonb_each(o.before) as b
    where o.merge_id = :merge_id and o.before is not null and o.after is not null
      and b.value is distinct from o.after -> b.key
      and not coalesce(cast(:counted as jsonb) -> o.table_name ? b.key, false)
    group by o.id
) as d
where c.id = d.id

-- name: forget_unchanged
-- Rows that say the same as before need not be put back. Whole rows are left here of those that differ in nothing.
delete from merge_changes
where merge_id = :merge_id
  and (
      (before is null and after is null)
      or not exists (
          select
          from jsonb_each(before) as b
          where b.value is distinct from after -> b.key
            and not coalesce(cast(:counted as jsonb) -> table_name ? b.key, false)
      )
      and before is not null and after is not null
  )

-- name: say_whom
-- Whom each line is about, for an erasure: of a merge of persons all of them are about the survivor.
update merge_changes
set person_id = case
    when cast(:person_id as bigint) is not null then :person_id
    else cast(coalesce(before, after) ->> 'person_id' as bigint)
end
where merge_id = :merge_id

-- name: later_merge
-- A standing merge that builds upon this one: it came later, and changed one of the same rows, or merged somebody whom
-- a row is about that would come back.
with dropped as materialized (
    select table_name, before from merge_changes where merge_id = :merge_id and after is null
),
about as (
    select 'company' as entity_type, cast(before ->> 'company_id' as bigint) as id from dropped
    union all
    select 'person', cast(before ->> 'person_id' as bigint) from dropped
    union all
    select before ->> 'entity_type', cast(pair.id as bigint)
    from dropped
    cross join lateral (values (before ->> 'left_id'), (before ->> 'right_id')) as pair (id)
    where table_name = 'merge_candidates'
    union all
    select 'person', c.person_id
    from dropped
    cross join lateral (
        values (before ->> 'contact_id'), (before ->> 'contact_id_1'), (before ->> 'contact_id_2')
    ) as of_row (contact_id)
    join contacts as c on c.id = cast(of_row.contact_id as uuid)
)
select min(found.id)
from (
    select later.id
    from merge_changes as c
    join merge_changes as l on l.table_name = c.table_name and l.row_key = c.row_key and l.merge_id > c.merge_id
    join merges as later on later.id = l.merge_id and later.undone_at is null
    where c.merge_id = :merge_id
    union all
    select later.id
    from about
    join merges as later
        on later.entity_type = about.entity_type and later.merged_id = about.id and later.undone_at is null
    where later.id > :merge_id
) as found

-- name: close
-- The merge is undone; what it changed need not be known any more.
with forgotten as (
    delete from merge_changes where merge_id = :merge_id
)
update merges set undone_by = :undone_by, undone_at = now() where id = :merge_id
