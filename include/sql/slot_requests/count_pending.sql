-- How many requests wait for an agent or are being worked on.
select count(*) from agent_routing_log
where record_type = 'person_slot_backfill' and status in ('pending', 'queued', 'assigned', 'running')
