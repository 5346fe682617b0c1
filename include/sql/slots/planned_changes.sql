-- What the plan would change, company by company, for a dry run; ids of persons, not their names. total counts all changes.
select number, company_unique_id, name, slot_type, change, person_unique_id, count(*) over () as total
from (
    select
        e.number,
        e.company_unique_id,
        e.name,
        plan.slot_type,
        plan.person_unique_id,
        case
            when plan.person_unique_id is not null and plan.holder is null then 'fill'
            when plan.person_unique_id <> plan.holder then 'replace'
            when plan.person_unique_id is not null then null
            when plan.holder is not null then 'reopen'
            when plan.attempts >= 2 and plan.ended_requests > 0 then 'close'
            when plan.attempts < 2 and not plan.is_pending then 'request'
        end as change
    from (
        select company_id, company_unique_id, name, row_number() over (order by company_id) as number
        from evaluated_companies
    ) as e
    join slot_plan as plan using (company_id)
) as planned
where change is not null
order by number, slot_type
limit :most
