-- Finding out who works elsewhere now, from the roles people were seen in.

-- name: role_table
-- Current roles of people who were seen at several companies, and the changes found in them; for this transaction.
create temporary table if not exists moving_roles (
    role_id bigint not null,
    person_id bigint not null,
    company_id bigint not null,
    title text,
    observed_on date not null,
    is_identified boolean not null
) on commit drop

-- name: change_table
-- What the roles say: from which one somebody went to which one, and why a person has to decide about it.
create temporary table if not exists found_changes (
    person_id bigint not null,
    from_role_id bigint not null,
    to_role_id bigint not null,
    observed_on date not null,
    reason text
) on commit drop

-- name: clear_tables
-- Start over within a transaction.
truncate moving_roles, found_changes

-- name: stage_roles
-- Current roles of a known day, of everybody who holds some at different companies since different days. Who was merged
-- is whom they were merged into, companies as well.
insert into moving_roles (role_id, person_id, company_id, title, observed_on, is_identified)
with held as materialized (
    select r.id, coalesce(known.id, p.id) as person_id, coalesce(m.merged_into_id, m.id) as company_id, r.role_title,
           r.observed_on, coalesce(known.linkedin_url, p.linkedin_url) is not null as is_identified
    from company_person_roles as r
    join persons as p on p.id = r.person_id
    join companies as m on m.id = r.company_id
    left join persons as known on known.id = p.merged_into_id
    where r.is_current and r.observed_on is not null
)
select id, person_id, company_id, role_title, observed_on, is_identified
from held
where person_id in (
    select person_id from held
    group by person_id
    having min(company_id) < max(company_id) and min(observed_on) < max(observed_on)
)

-- name: moving_titles
-- The titles of these roles, each once.
select distinct title from moving_roles where title is not null order by title

-- name: find_changes
-- For every role that is a job: the newest one elsewhere, jobs before seats beside a job. A role that nobody has changed
-- to, as somebody said who dismissed it, is held beside others. :titles says which titles are seats beside a job, and
-- which say themselves that they are over.
insert into found_changes (person_id, from_role_id, to_role_id, observed_on, reason)
with title as (
    select * from json_to_recordset(cast(:titles as json)) as t (title text, is_side_seat boolean, is_past boolean)
),
role as materialized (
    select r.*, coalesce(t.is_side_seat, false) as is_side_seat, coalesce(t.is_past, false) as is_past
    from moving_roles as r
    left join title as t using (title)
),
pair as materialized (
    select left_role.role_id as from_role_id, new.*
    from role as left_role
    join role as new
        on new.person_id = left_role.person_id
       and new.company_id <> left_role.company_id
       and new.observed_on > left_role.observed_on
    where not left_role.is_side_seat
      and not new.is_past
      and not exists (
          select from job_changes as j where j.to_role_id = new.role_id and j.status = 'dismissed'
      )
),
newest as (
    select distinct on (from_role_id) *
    from pair
    order by from_role_id, is_side_seat, observed_on desc, role_id
)
select person_id, from_role_id, role_id, observed_on,
       case
           when is_side_seat then 'side_seat'
           when title is null then 'no_title'
           when exists (
               select from pair as other
               where other.from_role_id = newest.from_role_id
                 and other.company_id <> newest.company_id
                 and other.observed_on = newest.observed_on
                 and not other.is_side_seat
           ) then 'several_companies'
           when not is_identified then 'no_profile'
       end
from newest

-- name: withdraw_changes
-- Takes back proposals that newer evidence has made pointless, and those about a role that is over.
delete from job_changes as j
where j.status = 'proposed'
  and not exists (
      select from found_changes as f where f.from_role_id = j.from_role_id and f.to_role_id = j.to_role_id
  )

-- name: propose_changes
-- Stores what was found; what is decided stays as it was decided.
insert into job_changes as known (person_id, from_role_id, to_role_id, observed_on, reason)
select person_id, from_role_id, to_role_id, observed_on, reason
from found_changes
order by from_role_id, to_role_id
on conflict (from_role_id, to_role_id) do update
set person_id = excluded.person_id,
    observed_on = excluded.observed_on,
    reason = excluded.reason,
    updated_at = now(),
    written_by = excluded.written_by
where known.status = 'proposed'
  and (known.person_id, known.observed_on, known.reason)
      is distinct from (excluded.person_id, excluded.observed_on, excluded.reason)

-- name: end_roles_again
-- Ends roles that a confirmed change has ended, and that evidence from before the change has brought back.
with ended as materialized (
    select r.id
    from company_person_roles as r
    where r.is_current
      and exists (
          select from job_changes as j
          where j.from_role_id = r.id and j.status = 'confirmed' and r.observed_on < j.observed_on
      )
    order by r.id
    for no key update of r
)
update company_person_roles as r
set is_current = false, updated_at = now(), written_by = default
from ended
where r.id = ended.id
