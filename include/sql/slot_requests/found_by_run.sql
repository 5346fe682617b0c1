-- Whom the tasks of an Airflow run found, seat by seat, for the person who started it; total counts all of them.
select
    c.id as company_id,
    coalesce(c.name, i.company_name) as company,
    i.slot_type,
    i.full_name,
    i.title,
    i.enriched_by as provider,
    r.cost_credits as cost_usd,
    count(*) over () as total
from agent_routing_log as r
join intake.people_raw_intake as i
    on i.id = case when r.record_id ~ '^[1-9][0-9]{0,17}$' then r.record_id::bigint end
left join companies as c on c.company_unique_id = i.company_unique_id
where r.record_type = 'person_slot_backfill'
  and r.status = 'completed'
  and starts_with(r.claimed_by, cast(:run_id as text) || ' ')
order by company, i.slot_type
limit :most
