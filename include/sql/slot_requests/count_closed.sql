-- How many requests :claimed_by has brought to an end.
select count(*) from agent_routing_log
where claimed_by = :claimed_by and status in ('completed', 'failed', 'cancelled')
