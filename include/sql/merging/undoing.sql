-- Undoing a merge, in a temporary table: its rows as they are, and as they will be.

-- name: row_table
-- The rows that a merge changed: what they said before and after it, what they say now (present) and will say (image),
-- NULL where there is no row; and why not all of it is put back.
create temporary table if not exists merge_rows (
    id bigint not null,
    table_name text not null,
    row_key jsonb not null,
    before jsonb,
    after jsonb,
    present jsonb,
    image jsonb,
    is_survivors boolean not null default false,
    reason text,
    primary key (table_name, id)
) on commit drop

-- name: clear_rows
-- Empties the list.
delete from merge_rows

-- name: changed_tables
-- The tables that a merge changed.
select distinct table_name from merge_changes where merge_id = :merge_id

-- name: plan_rows
-- Decides about every row: what somebody has changed since stays, bookkeeping (:bookkeeping) aside. Of companies, persons
-- and contacts (:column_wise) each column for itself, of everything else the whole row.
update merge_rows as r
set image = d.image, reason = d.reason
from (
    select
        r.id,
        case
            when r.before is null then case when now.is_changed then r.present end
            when r.after is null then coalesce(r.present, r.before)
            when r.present is null then null
            when now.is_changed and r.table_name <> all(cast(:column_wise as text[])) then r.present
            else r.present || coalesce(
                (
                    select jsonb_object_agg(b.key, b.value)
                    from jsonb_each(r.before) as b
                    where r.present -> b.key = r.after -> b.key
                ),
                '{}'
            )
        end as image,
        case
            when r.after is null then case when r.present is not null then 'changed' end
            when r.present is null then 'gone'
            when now.is_changed then 'changed'
        end as reason
    from merge_rows as r
    cross join lateral (
        select exists (
            select
            from jsonb_each(r.after) as a
            where r.present -> a.key is distinct from a.value
              and a.key <> all(cast(:bookkeeping as text[]))
              and not coalesce(cast(:counted as jsonb) -> r.table_name ? a.key, false)
        ) and r.present is not null as is_changed
    ) as now
) as d
where r.id = d.id

-- name: mark_survivors
-- Rows of the survivor, which give up an address, a profile or a domain before its owner gets it back.
update merge_rows
set is_survivors = case table_name
    when 'contacts' then present ->> 'person_id' = cast(:survivor_id as text) and not before ? 'person_id'
    else row_key ->> 'id' = cast(:survivor_id as text)
end
where table_name in ('companies', 'persons', 'contacts') and present is not null and before is not null

-- name: leads_elsewhere
-- True when whoever was merged (in :table_name) does not lead to the survivor any more.
select not exists (
    select
    from merge_rows
    where table_name = :table_name and row_key ->> 'id' = cast(:merged_id as text)
      and present ->> 'merged_into_id' = cast(:survivor_id as text)
)

-- name: columns_to_restore
-- The columns of a table in which rows will differ.
select distinct i.key
from merge_rows as r
cross join lateral jsonb_each(r.image) as i
where r.table_name = :table_name and r.present -> i.key <> i.value

-- name: insert_company_person_roles
-- Roles that were dropped are there again (those of the lines :ids only, if given), with their ids.
insert into company_person_roles overriding system value
select (jsonb_populate_record(null::company_person_roles, image)).*
from merge_rows
where table_name = 'company_person_roles' and present is null and image is not null
  and (cast(:ids as bigint[]) is null or id = any(cast(:ids as bigint[])))
order by id

-- name: insert_contact_channels
-- So are addresses and phones.
insert into contact_channels overriding system value
select (jsonb_populate_record(null::contact_channels, image)).*
from merge_rows
where table_name = 'contact_channels' and present is null and image is not null
  and (cast(:ids as bigint[]) is null or id = any(cast(:ids as bigint[])))
order by id

-- name: insert_merge_candidates
-- So are doubtful pairs.
insert into merge_candidates overriding system value
select (jsonb_populate_record(null::merge_candidates, image)).*
from merge_rows
where table_name = 'merge_candidates' and present is null and image is not null
  and (cast(:ids as bigint[]) is null or id = any(cast(:ids as bigint[])))
order by id

-- name: insert_company_signals
-- So are signals that both were known for.
insert into company_signals overriding system value
select (jsonb_populate_record(null::company_signals, image)).*
from merge_rows
where table_name = 'company_signals' and present is null and image is not null
  and (cast(:ids as bigint[]) is null or id = any(cast(:ids as bigint[])))
order by id

-- name: insert_observations
-- So is what was seen of both.
insert into observations overriding system value
select (jsonb_populate_record(null::observations, image)).*
from merge_rows
where table_name = 'observations' and present is null and image is not null
  and (cast(:ids as bigint[]) is null or id = any(cast(:ids as bigint[])))
order by id

-- name: count_restored
-- How many rows of each table are as before the merge.
select table_name, count(*) as number
from merge_rows
where present is distinct from image
group by table_name
order by table_name

-- name: count_not_restored
-- The rows that stay, wholly or in part, by table and reason.
select table_name, reason, count(*) as number
from merge_rows
where reason is not null
group by table_name, reason
order by table_name, reason

-- name: return_conversations
-- Conversations that had news while they were with the survivor leave it in history, and are again where they were.
insert into conversation_transitions (conversation_id, contact_id, company_id, from_status, status)
select v.id, v.contact_id, side.company_id, v.status, side.status
from merge_rows as r
join conversations as v on v.id = cast(r.row_key ->> 'id' as uuid)
cross join lateral (
    select h.company_id
    from conversation_transitions as h
    where h.conversation_id = v.id
    order by h.id desc
    limit 1
) as latest
cross join lateral (
    values (1, latest.company_id, null), (2, v.company_id, v.status)
) as side (place, company_id, status)
where r.table_name = 'conversations' and r.present is distinct from r.image
  and latest.company_id = cast(r.present ->> 'company_id' as bigint) and latest.company_id <> v.company_id
order by v.id, side.place

-- name: people_to_settle_again
-- People whose roles were moved, where others have written any since: what follows from their evidence was settled with
-- the roles that are gone again.
with touched as materialized (
    select distinct cast(role.said ->> 'person_id' as bigint) as person_id,
           cast(role.said ->> 'company_id' as bigint) as company_id
    from merge_rows as r
    cross join lateral (values (r.present), (r.image)) as role (said)
    where r.table_name = 'company_person_roles' and role.said is not null
)
select distinct person_id
from touched
where exists (
    select
    from company_person_roles as r
    where (r.person_id = touched.person_id or r.company_id = touched.company_id)
      and r.updated_at > cast(:merged_at as timestamptz)
)
