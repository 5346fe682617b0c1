-- Choosing the companies to evaluate, and dividing them into chunks.

-- name: choose_companies
-- Puts the companies in scope on the transaction's list: a range of ids, and whatever the params narrow it to.
insert into evaluated_companies (company_id, company_unique_id, name)
select id, company_unique_id, name
from companies
where merged_into_id is null
  and (cast(:first_id as bigint) is null or id between cast(:first_id as bigint) and cast(:last_id as bigint))
  and (cast(:company_ids as bigint[]) is null or id = any(cast(:company_ids as bigint[])))
  and (cast(:name_contains as text) is null or strpos(lower(name), lower(cast(:name_contains as text))) > 0)
  and (cast(:industry as text) is null or lower(primary_industry) = lower(cast(:industry as text)))
  and (cast(:source_system as text) is null or source_system = cast(:source_system as text))
order by id

-- name: choose_changed
-- As choose_companies, of all companies only those that something was noted about, whose day has come, or that chunk
-- :chunk of evaluation :evaluation_id has evaluated before, should it run again.
insert into evaluated_companies (company_id, company_unique_id, name)
select id, company_unique_id, name
from companies
where merged_into_id is null
  and (cast(:first_id as bigint) is null or id between cast(:first_id as bigint) and cast(:last_id as bigint))
  and id in (
      select coalesce(c.merged_into_id, c.id)
      from seat_changes as n
      join companies as c on c.id = n.company_id
      union
      select coalesce(c.merged_into_id, c.id)
      from company_slot as s
      join companies as c using (company_unique_id)
      where s.due_on <= (now() at time zone 'UTC')::date
      union
      select unnest(company_ids) from slot_evaluation_chunks
      where evaluation_id = cast(:evaluation_id as bigint) and chunk = cast(:chunk as integer)
  )
order by id

-- name: take_notes
-- Takes what was noted about the companies evaluated, and about those merged into them. What is noted from now on is left
-- to the next evaluation, even if this one sees it already.
with member as (
    select company_id as id, company_id from evaluated_companies
    union all
    select m.id, m.merged_into_id
    from companies as m
    join evaluated_companies as e on e.company_id = m.merged_into_id
),
taken as (
    delete from seat_changes as n
    using member
    where n.company_id = member.id
    returning member.company_id
)
insert into noted_companies (company_id)
select distinct company_id from taken

-- name: drop_own_notes
-- Drops the notes about the companies evaluated that this transaction has made itself: what it wrote is no news to it.
delete from seat_changes as n
using evaluated_companies as e
where n.company_id = e.company_id and n.changed_in = pg_current_xact_id()::text::bigint

-- name: evaluated_ids
-- The companies this transaction evaluates, as an array.
select array_agg(company_id order by company_id) from evaluated_companies

-- name: chunk_boundaries
-- The chosen companies in chunks of :batch_size, by ascending id: first and last id, and where each chunk starts.
select
    min(company_id) as first_id,
    max(company_id) as last_id,
    min(number) as first_number,
    count(*) as companies
from (
    select company_id, row_number() over (order by company_id) as number from evaluated_companies
) as numbered
group by (number - 1) / cast(:batch_size as integer)
order by first_number

-- name: lock_blocks
-- One evaluation at a time per block of 8192 company ids, until the transaction ends; always in ascending order.
select count(pg_advisory_xact_lock(hashtext('slots'), block))
from (select distinct (company_id / 8192)::integer as block from evaluated_companies order by block) as blocks

-- name: unknown_companies
-- Those of :company_ids that are not companies, or are merged into another one (then with that one's id).
select wanted.id, c.merged_into_id
from unnest(cast(:company_ids as bigint[])) as wanted (id)
left join companies as c on c.id = wanted.id
where c.id is null or c.merged_into_id is not null
order by wanted.id
limit 20
