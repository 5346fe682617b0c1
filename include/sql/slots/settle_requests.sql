-- Notes that the outcome of ended requests has been counted on their seats.
update agent_routing_log as r
set settled_at = now(), updated_at = now(), written_by = default
from slot_plan as plan
join intake.people_raw_intake as i
    on i.company_unique_id = plan.company_unique_id and i.slot_type = plan.slot_type and i.source_system = 'slot_backfill'
where plan.ended_requests > 0
  and r.record_id = i.id::text
  and r.record_type = 'person_slot_backfill'
  and r.status in ('completed', 'failed')
  and r.settled_at is null
