-- The other waiting requests of the companies of :routing_ids, so that each company is asked about once.
with company as materialized (
    select distinct claimed.company_unique_id
    from unnest(cast(:routing_ids as bigint[])) as asked (routing_id)
    cross join lateral (
        -- offset 0, here and below: looked up one by one. The queue grows faster than the planner learns about it, and
        -- without statistics it would read the whole of it for each request.
        select i.company_unique_id
        from agent_routing_log as r
        join intake.people_raw_intake as i on i.id = r.record_id::bigint
        where r.routing_id = asked.routing_id
        offset 0
    ) as claimed
),
waiting as materialized (
    select r.routing_id
    from company
    cross join lateral (
        select id
        from intake.people_raw_intake
        where company_unique_id = company.company_unique_id
          and source_system = 'slot_backfill'
          and (cast(:slot_types as text[]) is null or slot_type = any(cast(:slot_types as text[])))
        offset 0
    ) as i
    cross join lateral (
        select routing_id from agent_routing_log
        where record_id = i.id::text and record_type = 'person_slot_backfill' and settled_at is null
        offset 0
    ) as unsettled
    join agent_routing_log as r on r.routing_id = unsettled.routing_id
    where r.settled_at is null
      and (r.status in ('pending', 'queued') or (r.status in ('assigned', 'running') and r.lease_expires_at < now()))
    order by r.routing_id
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
