-- What needs somebody.

-- name: last_executions
-- The latest execution of each of the :limit signals that ran last; unpriced: its calls at a price that is not known.
select s.id as signal_id, s.name, s.type, s.status as signal_status, e.id, e.status, e.airflow_run_id, e.started_at,
       extract(epoch from coalesce(e.completed_at, now()) - e.started_at) as seconds, e.stats,
       e.configuration #>> '{budget,max_usd}' as budget_usd,
       spent.cost_usd, spent.unpriced
from signals as s
cross join lateral (
    select * from signal_executions as latest where latest.signal_id = s.id order by latest.started_at desc limit 1
) as e
cross join lateral (
    select sum(coalesce(c.cost_usd, c.reserved_usd)) as cost_usd,
           count(*) filter (where c.cost_usd is null and c.status = 'succeeded') as unpriced
    from agent_calls as c
    where c.scope = 'signal_execution:' || e.id and c.status <> 'reused'
) as spent
order by e.started_at desc
limit :limit

-- name: failing_signals
-- Active signals whose latest execution failed, and how many failed in a row.
select s.id, s.name, e.airflow_run_id, e.started_at,
       (
           select count(*)
           from signal_executions as f
           where f.signal_id = s.id and f.status = 'failed'
             and f.started_at > coalesce(
                 (
                     select max(g.started_at)
                     from signal_executions as g
                     where g.signal_id = s.id and g.status in ('completed', 'completed_with_errors')
                 ), '-infinity'
             )
       ) as failures
from signals as s
cross join lateral (
    select * from signal_executions as latest where latest.signal_id = s.id order by latest.started_at desc limit 1
) as e
where s.status = 'active' and e.status = 'failed'
order by e.started_at desc
limit 20

-- name: queue
-- Requests for people: how many wait, since when the oldest does, and how many are held by a worker whose lease is over.
select count(*) filter (where status in ('pending', 'queued')) as waiting,
       min(routed_at) filter (where status in ('pending', 'queued')) as oldest,
       count(*) filter (where status in ('assigned', 'running') and lease_expires_at < now()) as stuck
from agent_routing_log
where record_type = 'person_slot_backfill' and status in ('pending', 'queued', 'assigned', 'running')

-- name: open_pairs
-- Pairs that may be one company or one person.
select count(*) filter (where entity_type = 'company') as companies,
       count(*) filter (where entity_type = 'person') as people
from merge_candidates
where status = 'open'
