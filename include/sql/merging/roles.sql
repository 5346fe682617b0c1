-- Roles of a company or person that is merged, of which the survivor may have the same. :entity_type is company or
-- person, here and in the other files; :merged_id is merged into :survivor_id.

-- name: twin_table
-- Roles (dropped_id) of which the survivor has the same (kept_id): company, person and title.
create temporary table if not exists twin_roles (
    dropped_id bigint primary key,
    kept_id bigint not null
) on commit drop

-- name: clear_twins
-- Empties the list.
delete from twin_roles

-- name: find_twins
-- Lists the roles that both have.
insert into twin_roles (dropped_id, kept_id)
select d.id, k.id
from company_person_roles as d
join company_person_roles as k
    on k.company_id = case when :entity_type = 'company' then :survivor_id else d.company_id end
    and k.person_id = case when :entity_type = 'person' then :survivor_id else d.person_id end
    and k.role_key is not distinct from d.role_key
where (:entity_type = 'company' and d.company_id = :merged_id)
   or (:entity_type = 'person' and d.person_id = :merged_id)

-- name: combine_roles
-- The role that stays says what both said: what is unknown of one is taken from the other, and the newer evidence
-- decides whether it is over.
update company_person_roles as k
set role_title = n.role_title, seniority = n.seniority, is_decision_maker = n.is_decision_maker,
    observed_on = n.observed_on, is_current = n.is_current, ended_on = n.ended_on, ended_because = n.ended_because,
    is_doubted = n.is_doubted, ended_recorded_at = n.ended_recorded_at, target_function = n.target_function,
    target_match = n.target_match, updated_at = now(), written_by = default
from twin_roles as twin
join company_person_roles as d on d.id = twin.dropped_id
join company_person_roles as o on o.id = twin.kept_id
cross join lateral (
    select
        coalesce(o.role_title, d.role_title) as role_title,
        coalesce(o.seniority, d.seniority) as seniority,
        o.is_decision_maker or d.is_decision_maker as is_decision_maker,
        greatest(o.observed_on, d.observed_on) as observed_on,
        case when newer.is_dropped then d.is_current else o.is_current end as is_current,
        case when newer.is_dropped then d.ended_on else o.ended_on end as ended_on,
        case when newer.is_dropped then d.ended_because else o.ended_because end as ended_because,
        case when newer.is_dropped then d.is_doubted else o.is_doubted end as is_doubted,
        case when newer.is_dropped then d.ended_recorded_at else o.ended_recorded_at end as ended_recorded_at,
        case when o.target_match is null then d.target_function else o.target_function end as target_function,
        coalesce(o.target_match, d.target_match) as target_match
    from (
        select coalesce(d.observed_on > coalesce(o.observed_on, '-infinity'), false) as is_dropped
    ) as newer
) as n
where k.id = twin.kept_id
  and (o.role_title, o.seniority, o.is_decision_maker, o.observed_on, o.is_current, o.ended_on, o.ended_because,
       o.is_doubted, o.target_function, o.target_match)
      is distinct from
      (n.role_title, n.seniority, n.is_decision_maker, n.observed_on, n.is_current, n.ended_on, n.ended_because,
       n.is_doubted, n.target_function, n.target_match)

-- name: drop_job_changes
-- A change of jobs between two roles that are one is none; of several between the same roles the one that somebody has
-- decided about stays, else the oldest.
with mapped as (
    select j.id, j.status, coalesce(f.kept_id, j.from_role_id) as from_role_id,
           coalesce(t.kept_id, j.to_role_id) as to_role_id
    from job_changes as j
    left join twin_roles as f on f.dropped_id = j.from_role_id
    left join twin_roles as t on t.dropped_id = j.to_role_id
    where j.from_role_id in (select dropped_id from twin_roles union all select kept_id from twin_roles)
       or j.to_role_id in (select dropped_id from twin_roles union all select kept_id from twin_roles)
),
ranked as (
    select *,
           row_number() over (partition by from_role_id, to_role_id order by status = 'proposed', id) as place
    from mapped
)
delete from job_changes as j
using ranked
where j.id = ranked.id and (ranked.from_role_id = ranked.to_role_id or ranked.place > 1)

-- name: move_job_changes
-- The others lead from and to the roles that stay.
update job_changes as j
set from_role_id = m.from_role_id, to_role_id = m.to_role_id, updated_at = now(), written_by = default
from (
    select c.id, coalesce(f.kept_id, c.from_role_id) as from_role_id, coalesce(t.kept_id, c.to_role_id) as to_role_id
    from job_changes as c
    left join twin_roles as f on f.dropped_id = c.from_role_id
    left join twin_roles as t on t.dropped_id = c.to_role_id
    where f.dropped_id is not null or t.dropped_id is not null
) as m
where j.id = m.id

-- name: drop_twins
-- The roles of which the survivor has the same go.
delete from company_person_roles where id in (select dropped_id from twin_roles)

-- name: move_roles
-- The other roles are the survivor's.
update company_person_roles
set company_id = case when :entity_type = 'company' then :survivor_id else company_id end,
    person_id = case when :entity_type = 'person' then :survivor_id else person_id end
where (:entity_type = 'company' and company_id = :merged_id)
   or (:entity_type = 'person' and person_id = :merged_id)

-- name: people_to_settle
-- Whose roles bear upon each other now.
select distinct person_id
from company_person_roles
where (:entity_type = 'person' and person_id = :survivor_id)
   or person_id in (
       select cast(coalesce(before, after) ->> 'person_id' as bigint)
       from merge_changes
       where merge_id = :merge_id and table_name = 'company_person_roles'
   )
