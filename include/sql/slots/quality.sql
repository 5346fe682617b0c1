-- The questions of the quality gate, after an evaluation.

-- name: seats_missing
-- Companies in scope that lack a seat. New ones without any may have come in while the evaluation ran: they are left to
-- the next one.
select e.company_unique_id as id, count(*) over () as total
from evaluated_companies as e
join companies as c on c.id = e.company_id
left join company_slot as s
    on s.company_unique_id = e.company_unique_id and s.slot_type = any(cast(:slot_types as text[]))
group by e.company_unique_id, c.created_at
having count(s.slot_type) < cardinality(cast(:slot_types as text[]))
   and (count(s.slot_type) > 0 or c.created_at < cast(:started_at as timestamptz) - interval '10 minutes')
order by e.company_unique_id
limit 20

-- name: holders_without_role
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

-- name: last_good_evaluation
-- The last evaluation of everything before :evaluation_id that passed.
select id, slots_filled, fill_rate, started_at
from slot_evaluations
where is_full and status = 'completed' and id < :evaluation_id
order by id desc
limit 1

-- name: seats_lost
-- Seats that lost their holder since :since and are still empty.
select lost.company_slot_unique_id as id, count(*) over () as total
from (
    select distinct later.company_slot_unique_id
    from slot_transitions as later
    cross join lateral (
        select status
        from slot_transitions as earlier
        where earlier.company_slot_unique_id = later.company_slot_unique_id and earlier.id < later.id
        order by earlier.id desc
        limit 1
    ) as before
    where later.transition in ('reopened', 'removed') and later.changed_at >= :since and before.status = 'filled'
) as lost
left join company_slot as s using (company_slot_unique_id)
where s.person_unique_id is null
order by lost.company_slot_unique_id
limit 20
