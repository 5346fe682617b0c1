-- Whoever works says so; also how a task that was killed finds again what it holds.
update agent_routing_log
set lease_expires_at = clock_timestamp() + make_interval(secs => :lease_seconds)
where claimed_by = :claimed_by and status = 'running'
returning routing_id
