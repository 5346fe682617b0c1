-- Of :routing_ids, cancels those there is nothing to ask for any more: no such company, or a seat already filled.
update agent_routing_log as r
set status = 'cancelled',
    completed_at = now(),
    settled_at = now(),
    lease_expires_at = null,
    error_message = moot.reason,
    updated_at = now(),
    written_by = default
from (
    select
        claimed.routing_id,
        case
            when c.id is null then 'The company is not known'
            when c.merged_into_id is not null then 'The company was merged into another one'
            else 'The seat was filled before anybody was asked'
        end as reason
    from agent_routing_log as claimed
    join intake.people_raw_intake as i on i.id = claimed.record_id::bigint
    left join companies as c on c.company_unique_id = i.company_unique_id
    left join company_slot as s on s.company_unique_id = i.company_unique_id and s.slot_type = i.slot_type
    where claimed.routing_id = any(cast(:routing_ids as bigint[]))
      and (c.id is null or c.merged_into_id is not null or s.person_unique_id is not null)
) as moot
where r.routing_id = moot.routing_id
returning r.routing_id
