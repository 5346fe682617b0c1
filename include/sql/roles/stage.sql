-- Collecting the roles that bear upon each other, for this transaction.

-- name: person_table
-- People whose roles are settled; who was merged is whom they were merged into.
create temporary table if not exists unsettled_persons (
    person_id bigint primary key
) on commit drop

-- name: role_table
-- Roles that are settled, and with is_target false those that only bear upon them. Persons and companies that were
-- merged are the ones they were merged into. is_open: nobody has ended the role by hand.
create temporary table if not exists weighed_roles (
    role_id bigint primary key,
    person_id bigint not null,
    company_id bigint not null,
    title text,
    observed_on date,
    is_identified boolean not null,
    is_open boolean not null,
    is_target boolean not null
) on commit drop

-- name: title_table
-- What the titles of these roles say.
create temporary table if not exists weighed_titles (
    title text primary key,
    is_side_seat boolean not null,
    is_past boolean not null,
    offices text[] not null,
    kind text,
    precedence text not null
) on commit drop

-- name: move_table
-- From which role somebody went to which one, and why a person has to decide about it.
create temporary table if not exists found_moves (
    person_id bigint not null,
    from_role_id bigint not null,
    to_role_id bigint not null,
    observed_on date not null,
    reason text
) on commit drop

-- name: clear_persons
-- Start over within a transaction.
truncate unsettled_persons

-- name: clear_roles
-- Start over within a transaction.
truncate weighed_roles, weighed_titles, found_moves

-- name: stage_persons
-- The chosen people.
insert into unsettled_persons (person_id)
select distinct coalesce(merged_into_id, id)
from persons
where id = any(cast(:person_ids as bigint[]))
on conflict do nothing

-- name: stage_changed
-- Of the people whose evidence has changed, those with another role, and those in an office of one person (:offices are
-- such titles) where others are at the top of the company: nothing follows from the only role of anybody else.
insert into unsettled_persons (person_id)
select distinct coalesce(p.merged_into_id, p.id)
from changed_roles as c
join persons as p on p.id = c.person_id
where exists (select from company_person_roles as o where o.person_id = c.person_id and o.id <> c.role_id)
   or exists (select from persons as o where o.merged_into_id = c.person_id)
   or (
       c.role_key = any(cast(:offices as text[]))
       and exists (
           select
           from company_person_roles as o
           where o.company_id = c.company_id
             and o.person_id <> c.person_id
             and coalesce(o.seniority, 'C-Suite') = 'C-Suite'
       )
   )
on conflict do nothing

-- name: stage_everybody
-- Everybody from whose roles something may follow: with several, at the top of a company where others are since another
-- day, or with a role that was settled before.
insert into unsettled_persons (person_id)
with held as materialized (
    select coalesce(p.merged_into_id, p.id) as person_id, coalesce(m.merged_into_id, m.id) as company_id,
           r.observed_on, coalesce(r.seniority, 'C-Suite') = 'C-Suite' as is_top,
           r.is_doubted or r.ended_because is not null as is_settled
    from company_person_roles as r
    join persons as p on p.id = r.person_id
    join companies as m on m.id = r.company_id
),
top as (
    select company_id
    from held
    where is_top
    group by company_id
    having min(person_id) < max(person_id) and min(observed_on) < max(observed_on)
)
select person_id from held group by person_id having count(*) > 1 or bool_or(is_settled)
union
select person_id from held join top using (company_id) where is_top

-- name: lock_persons
-- Locks these people in the order of their ids, so that two writers of one person's roles see each other's evidence.
select count(*)
from (
    select p.id
    from persons as p
    where p.id in (select person_id from unsettled_persons)
    order by p.id
    for no key update
) as locked

-- name: lock_mentioned
-- The same, together with everybody whom the batch may change afterwards: whoever locks some first and others later waits
-- for a writer who waits for them.
select count(*)
from (
    select p.id
    from persons as p
    where p.id in (
        select person_id from unsettled_persons
        union
        select person_id from staged_persons where not is_new
    )
    order by p.id
    for no key update
) as locked

-- name: stage_own
-- All roles of these people, but for those that somebody has ended as wrong.
insert into weighed_roles (role_id, person_id, company_id, title, observed_on, is_identified, is_open, is_target)
select r.id, u.person_id, coalesce(m.merged_into_id, m.id), left(r.role_title, :max_title), r.observed_on,
       p.linkedin_url is not null, r.is_current or r.ended_because is distinct from 'left', true
from unsettled_persons as u
join persons as p on p.id = u.person_id
cross join lateral (
    select p.id
    union all
    select merged.id from persons as merged where merged.merged_into_id = p.id
) as named
join company_person_roles as r on r.person_id = named.id
join companies as m on m.id = r.company_id
where r.is_current or r.ended_because <> 'corrected'

-- name: stage_rivals
-- Roles of others at the top of the companies where these people hold an office of one person.
insert into weighed_roles (role_id, person_id, company_id, title, observed_on, is_identified, is_open, is_target)
with office as (
    select distinct w.company_id
    from weighed_roles as w
    join weighed_titles as t using (title)
    where t.offices <> '{}'
)
select r.id, coalesce(p.merged_into_id, p.id), office.company_id, left(r.role_title, :max_title), r.observed_on,
       coalesce(known.linkedin_url, p.linkedin_url) is not null,
       r.is_current or r.ended_because is distinct from 'left', true
from office
cross join lateral (
    select office.company_id as id
    union all
    select merged.id from companies as merged where merged.merged_into_id = office.company_id
) as member
join company_person_roles as r on r.company_id = member.id
join persons as p on p.id = r.person_id
left join persons as known on known.id = p.merged_into_id
where r.role_title is not null
  and coalesce(r.seniority, 'C-Suite') = 'C-Suite'
  and (r.is_current or r.ended_because <> 'corrected')
on conflict do nothing

-- name: forget_others
-- Drops the roles of others that turned out to be no such office.
delete from weighed_roles as w
using weighed_titles as t
where t.title = w.title
  and t.offices = '{}'
  and w.person_id not in (select person_id from unsettled_persons)

-- name: stage_beside
-- The other roles of those who hold such an office, as they bear upon it.
insert into weighed_roles (role_id, person_id, company_id, title, observed_on, is_identified, is_open, is_target)
select r.id, other.person_id, coalesce(m.merged_into_id, m.id), left(r.role_title, :max_title), r.observed_on,
       p.linkedin_url is not null, false, false
from (
    select distinct person_id from weighed_roles where person_id not in (select person_id from unsettled_persons)
) as other
join persons as p on p.id = other.person_id
cross join lateral (
    select p.id
    union all
    select merged.id from persons as merged where merged.merged_into_id = p.id
) as named
join company_person_roles as r on r.person_id = named.id
join companies as m on m.id = r.company_id
where r.is_current or r.ended_because <> 'corrected'
on conflict do nothing

-- name: analyze
-- Row counts for the planner; worth it for many roles only.
analyze weighed_roles, weighed_titles

-- name: unread_titles
-- Titles of these roles that were not read yet, each once.
select distinct title
from weighed_roles as w
where title is not null and not exists (select from weighed_titles as t where t.title = w.title)
order by title

-- name: save_titles
-- Keeps what titles say; :rows is a JSON array of objects.
insert into weighed_titles (title, is_side_seat, is_past, offices, kind, precedence)
select title, is_side_seat, is_past, array(select json_array_elements_text(offices)), kind, precedence
from json_to_recordset(cast(:rows as json)) as r (
    title text, is_side_seat boolean, is_past boolean, offices json, kind text, precedence text
)
