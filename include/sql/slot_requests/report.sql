-- The outcomes of requests, for summaries and reports.

-- name: summarize_batch
-- Counts what became of the requests that the tasks :claimed_by took on, and adds up what it cost.
select
    count(*) filter (where status = 'completed') as completed,
    count(*) filter (where status = 'failed') as failed,
    count(*) filter (where status = 'cancelled') as cancelled,
    count(*) filter (where status = 'running') as running,
    coalesce(sum(cost_credits), 0) as cost_usd
from agent_routing_log
where claimed_by = any(cast(:claimed_by as text[]))

-- name: summarize_run
-- The same for all tasks of an Airflow run; they claim as "<run id> ...".
select
    count(*) filter (where status = 'completed') as completed,
    count(*) filter (where status = 'failed') as failed,
    count(*) filter (where status = 'cancelled') as cancelled,
    count(*) filter (where status = 'running') as running,
    coalesce(sum(cost_credits), 0) as cost_usd
from agent_routing_log
where record_type = 'person_slot_backfill' and starts_with(claimed_by, cast(:run_id as text) || ' ')

-- name: found_by_run
-- The people whom the tasks of an Airflow run found, seat by seat, for the person who started it.
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
limit :limit

-- name: reasons_of_run
-- The reasons why requests of an Airflow run ended without a person, or were put back unasked (queued); grouped.
select
    r.status,
    r.error_message as reason,
    count(*) as requests,
    coalesce(sum(r.cost_credits), 0) as cost_usd
from agent_routing_log as r
where r.record_type = 'person_slot_backfill'
  and (
      (r.status in ('failed', 'cancelled') and starts_with(r.claimed_by, cast(:run_id as text) || ' '))
      or (
          r.status = 'queued'
          and r.error_message is not null
          and r.written_by in (
              select id from task_attempts where dag_id = 'slot_backfill' and run_id = cast(:run_id as text)
          )
      )
  )
group by r.status, r.error_message
order by count(*) desc, r.status, r.error_message
