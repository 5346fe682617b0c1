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
