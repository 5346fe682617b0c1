-- Seats that lost their holder since :since and are still empty.
select lost.company_slot_unique_id as id, count(*) over () as total
from (
    select distinct company_slot_unique_id
    from slot_transitions
    where transition in ('reopened', 'removed') and changed_at >= :since
) as lost
left join company_slot as s using (company_slot_unique_id)
where s.person_unique_id is null
order by lost.company_slot_unique_id
limit 20
