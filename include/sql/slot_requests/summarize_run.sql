-- What became of the requests that the tasks of an Airflow run took on, and what it cost; they claim as "<run id> ...".
select
    count(*) filter (where status = 'completed') as completed,
    count(*) filter (where status = 'failed') as failed,
    count(*) filter (where status = 'cancelled') as cancelled,
    count(*) filter (where status = 'running') as running,
    coalesce(sum(cost_credits), 0) as cost_usd
from agent_routing_log
where record_type = 'person_slot_backfill' and starts_with(claimed_by, cast(:run_id as text) || ' ')
