-- How many requests wait for an agent or are being worked on.
select count(*)
from agent_routing_log as r
join intake.people_raw_intake as i
    on i.id = case when r.record_id ~ '^[1-9][0-9]{0,17}$' then r.record_id::bigint end
where r.record_type = 'person_slot_backfill'
  and i.source_system = 'slot_backfill'
  and r.status in ('pending', 'queued', 'assigned', 'running')
