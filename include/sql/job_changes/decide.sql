-- Deciding about job changes, and what follows from one that is confirmed.

-- name: lock_change
-- A change, for whoever decides about it.
select * from job_changes where id = :id for update

-- name: evident_changes
-- The oldest undecided changes without a reason to ask a person, for whoever confirms them; those that somebody else
-- decides about right now are left to them.
select id from job_changes
where status = 'proposed' and reason is null
order by created_at, id
limit :limit
for update skip locked

-- name: decide_changes
-- Writes down what was decided, and by whom.
update job_changes
set status = :decision, decided_by = :decided_by, decided_at = now(), updated_at = now(), written_by = default
where id = any(cast(:ids as uuid[])) and status = 'proposed'

-- name: people_of_changes
-- Whom these changes are about.
select distinct person_id from job_changes where id = any(cast(:ids as uuid[]))

-- name: move_table
-- Whom confirmed changes take from which company to which, for this transaction.
create temporary table if not exists confirmed_moves (
    person_id bigint not null,
    from_company_id bigint not null,
    to_company_id bigint not null,
    observed_on date not null
) on commit drop

-- name: clear_moves
-- Start over within a transaction.
truncate confirmed_moves, left_addresses

-- name: stage_moves
-- The moves of confirmed changes: of the person, also as whom the roles have them, from everything that was merged into
-- the company.
insert into confirmed_moves (person_id, from_company_id, to_company_id, observed_on)
select distinct p.id, m.id, coalesce(target.merged_into_id, target.id), j.observed_on
from job_changes as j
join company_person_roles as old on old.id = j.from_role_id
join company_person_roles as new on new.id = j.to_role_id
join companies as origin on origin.id = old.company_id
join companies as target on target.id = new.company_id
cross join lateral (values (j.person_id), (old.person_id), (new.person_id)) as p (id)
cross join lateral (
    select id from companies where id = coalesce(origin.merged_into_id, origin.id)
    union all
    select id from companies where merged_into_id = coalesce(origin.merged_into_id, origin.id)
) as m
where j.id = any(cast(:ids as uuid[]))

-- name: lock_companies
-- Locks the companies whose counts will change, in the order of their ids.
select count(*)
from (
    select id from companies
    where id in (select from_company_id from confirmed_moves union select to_company_id from confirmed_moves)
    order by id
    for no key update
) as locked

-- name: address_table
-- The addresses people had at the companies they left, for this transaction.
create temporary table if not exists left_addresses (
    person_id bigint not null,
    email text not null
) on commit drop

-- name: stage_addresses
-- Addresses of the domains of the company that was left, and of domains below them; not those of the new company.
with domain as (
    select id as company_id, domain from companies
    where domain is not null
      and id in (select from_company_id from confirmed_moves union select to_company_id from confirmed_moves)
    union
    select company_id, domain from campaign_domains
    where company_id in (select from_company_id from confirmed_moves union select to_company_id from confirmed_moves)
)
insert into left_addresses (person_id, email)
select distinct m.person_id, a.email
from confirmed_moves as m
join domain as d on d.company_id = m.from_company_id
cross join lateral (
    select value_key as email from contact_channels where person_id = m.person_id and channel_type = 'email'
    union
    select email from contacts where person_id = m.person_id and email is not null
) as a
where right('.' || split_part(a.email, '@', 2), length(d.domain) + 1) = '.' || d.domain
  and not exists (
      select from domain as own
      where own.company_id = m.to_company_id
        and right('.' || split_part(a.email, '@', 2), length(own.domain) + 1) = '.' || own.domain
  )

-- name: make_stale
-- Marks these addresses as stale. One that only the contact had becomes a channel first, so that it is not forgotten;
-- it identifies nobody.
insert into contact_channels as known (person_id, channel_type, value, value_key, is_identity, validation_status)
select person_id, 'email', email, email, false, 'stale'
from left_addresses
order by person_id, email
on conflict (person_id, channel_type, value_key) do update
set validation_status = excluded.validation_status, written_by = excluded.written_by
where known.validation_status <> excluded.validation_status

-- name: pause_conversations
-- Pauses what was talked about at the company that was left, and notes why.
with paused as materialized (
    select v.id
    from conversations as v
    join contacts as c on c.id = v.contact_id
    where v.status = 'active'
      and exists (
          select from confirmed_moves as m where m.person_id = c.person_id and m.from_company_id = v.company_id
      )
    order by v.id
    for no key update of v
)
update conversations as v
set status = 'paused', metadata = v.metadata || '{"paused_because": "job_change"}', written_by = default
from paused
where v.id = paused.id

-- name: move_contacts
-- Takes contacts along to the new company, as nobody's primary contact, and takes the stale address from them; those
-- whom somebody has moved already only lose the address.
with moving as materialized (
    select c.id, newest.to_company_id,
           exists (select from left_addresses as a where a.person_id = c.person_id and a.email = c.email) as is_stale
    from contacts as c
    left join lateral (
        select m.to_company_id
        from confirmed_moves as m
        where m.person_id = c.person_id and m.from_company_id = c.company_id
        order by m.observed_on desc, m.to_company_id
        limit 1
    ) as newest on true
    where c.person_id in (select person_id from confirmed_moves)
    order by c.id
    for no key update of c
)
update contacts as c
set company_id = coalesce(moving.to_company_id, c.company_id),
    is_primary_contact = c.is_primary_contact and moving.to_company_id is null,
    job_changed_at = case when moving.to_company_id is null then c.job_changed_at else now() end,
    email = case when moving.is_stale then null else c.email end,
    written_by = default
from moving
where c.id = moving.id and (moving.to_company_id is not null or moving.is_stale)

-- name: query_changes
-- Changes with this status, or all; the newest first. With what a person needs to decide.
select j.id, j.person_id, j.from_role_id, j.to_role_id, j.observed_on, j.status, j.reason, j.decided_by, j.decided_at,
       p.full_name, origin.id as from_company_id, origin.name as from_company, old.role_title as from_title,
       target.id as to_company_id, target.name as to_company, new.role_title as to_title, count(*) over () as total
from job_changes as j
join persons as p on p.id = j.person_id
join company_person_roles as old on old.id = j.from_role_id
join company_person_roles as new on new.id = j.to_role_id
join companies as origin on origin.id = old.company_id
join companies as target on target.id = new.company_id
where cast(:status as text) is null or j.status = :status
order by j.created_at desc, j.id
limit :limit
