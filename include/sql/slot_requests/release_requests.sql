-- Puts requests back into the queue unasked; the attempt does not count.
update agent_routing_log
set status = 'queued',
    claimed_by = null,
    lease_expires_at = null,
    assigned_at = null,
    error_message = :reason,
    updated_at = now(),
    written_by = default
where claimed_by = :claimed_by and status = 'running'
