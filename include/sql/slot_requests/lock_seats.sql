-- The seats behind :routing_ids, locked before their requests: evaluations take both in this order.
select s.company_slot_unique_id
from unnest(cast(:routing_ids as bigint[])) as asked (routing_id)
cross join lateral (
    -- offset 0: looked up one by one; the planner does not know how long the queue has grown.
    select i.company_unique_id, i.slot_type
    from agent_routing_log as r
    join intake.people_raw_intake as i on i.id = r.record_id::bigint
    where r.routing_id = asked.routing_id
    offset 0
) as wanted
join companies as c on c.company_unique_id = wanted.company_unique_id
join company_slot as s on s.company_unique_id = wanted.company_unique_id and s.slot_type = wanted.slot_type
order by c.id, s.slot_type
for no key update of s
