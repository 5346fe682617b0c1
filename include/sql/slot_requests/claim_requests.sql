-- Claims up to :most waiting requests for :claimed_by, the oldest first, past those that others are claiming.
with waiting as materialized (
    select r.routing_id
    from agent_routing_log as r
    join intake.people_raw_intake as i
        on i.id = case when r.record_id ~ '^[1-9][0-9]{0,17}$' then r.record_id::bigint end
    where r.record_type = 'person_slot_backfill'
      and i.source_system = 'slot_backfill'
      and r.status in ('pending', 'queued', 'assigned', 'running')
      and (r.status in ('pending', 'queued') or r.lease_expires_at < now())
      and (cast(:slot_types as text[]) is null or i.slot_type = any(cast(:slot_types as text[])))
      and (cast(:company_unique_ids as text[]) is null or i.company_unique_id = any(cast(:company_unique_ids as text[])))
    order by r.routing_id
    limit :most
    for update of r skip locked
)
update agent_routing_log as r
set status = 'running',
    claimed_by = :claimed_by,
    lease_expires_at = now() + make_interval(secs => :lease_seconds),
    assigned_at = now(),
    updated_at = now(),
    written_by = default
from waiting
where r.routing_id = waiting.routing_id
returning r.routing_id
