-- What is to be asked for the requests :routing_ids, company by company.
select
    r.routing_id,
    i.id as intake_id,
    c.id as company_id,
    c.company_unique_id,
    c.name as company_name,
    c.domain,
    c.primary_industry,
    i.slot_type,
    greatest(i.enrichment_attempt, 1) as attempt,
    r.assigned_at
from agent_routing_log as r
join intake.people_raw_intake as i on i.id = r.record_id::bigint
join companies as c on c.company_unique_id = i.company_unique_id
where r.routing_id = any(cast(:routing_ids as bigint[])) and r.status = 'running'
order by c.id, i.slot_type
