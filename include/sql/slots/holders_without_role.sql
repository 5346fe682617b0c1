-- Seats in scope whose holder has no current role at the company. A role that ended while the evaluation ran is left to
-- the next one.
with member as (
    select company_id as id, company_id from evaluated_companies
    union all
    select merged.id, e.company_id
    from companies as merged
    join evaluated_companies as e on e.company_id = merged.merged_into_id
),
employed as (
    select distinct member.company_id, coalesce(named.merged_into_id, named.id) as person_id
    from member
    join company_person_roles as r on r.company_id = member.id
    join persons as named on named.id = r.person_id
    where r.is_current or r.updated_at >= cast(:started_at as timestamptz)
)
select s.company_slot_unique_id as id, count(*) over () as total
from evaluated_companies as e
join company_slot as s
    on s.company_unique_id = e.company_unique_id and s.slot_type = any(cast(:slot_types as text[]))
join persons as p on p.person_unique_id = s.person_unique_id
left join employed on employed.company_id = e.company_id and employed.person_id = p.id
where employed.person_id is null
order by s.company_slot_unique_id
limit 20
