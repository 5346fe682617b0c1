-- How many requests wait: queued ones, and those whose worker let the lease run out.
select count(*)
from agent_routing_log as r
join intake.people_raw_intake as i
    on i.id = case when r.record_id ~ '^[1-9][0-9]{0,17}$' then r.record_id::bigint end
where r.record_type = 'person_slot_backfill'
  and i.source_system = 'slot_backfill'
  and r.status in ('pending', 'queued', 'assigned', 'running')
  and (r.status in ('pending', 'queued') or r.lease_expires_at < now())
  and (cast(:slot_types as text[]) is null or i.slot_type = any(cast(:slot_types as text[])))
  and (cast(:company_unique_ids as text[]) is null or i.company_unique_id = any(cast(:company_unique_ids as text[])))
