-- Why requests that the tasks of an Airflow run took on ended without a person, or were put back unasked (queued); grouped.
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
