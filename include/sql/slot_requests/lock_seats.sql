-- The seats behind :routing_ids, locked before their requests: evaluations take both in this order.
select s.company_slot_unique_id
from company_slot as s
join intake.people_raw_intake as i on i.company_unique_id = s.company_unique_id and i.slot_type = s.slot_type
join companies as c on c.company_unique_id = s.company_unique_id
join agent_routing_log as r on r.record_id = i.id::text and r.record_type = 'person_slot_backfill'
where r.routing_id = any(cast(:routing_ids as bigint[]))
order by c.id, s.slot_type
for no key update of s
