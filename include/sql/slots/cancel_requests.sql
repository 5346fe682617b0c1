-- Requests nobody works on yet, for seats that were filled without them.
update agent_routing_log as r
set status = 'cancelled',
    completed_at = now(),
    settled_at = now(),
    error_message = 'The seat was filled before anybody was asked',
    updated_at = now(),
    written_by = default
from slot_plan as plan
join intake.people_raw_intake as i
    on i.company_unique_id = plan.company_unique_id and i.slot_type = plan.slot_type and i.source_system = 'slot_backfill'
cross join lateral (
    -- offset 0: one look-up per request. Without statistics the planner would read all open requests each time.
    select routing_id from agent_routing_log
    where record_id = i.id::text and record_type = 'person_slot_backfill' and settled_at is null
    offset 0
) as unsettled
where plan.person_unique_id is not null
  and plan.is_pending
  and r.routing_id = unsettled.routing_id
  and r.status in ('pending', 'queued')
  and r.settled_at is null
