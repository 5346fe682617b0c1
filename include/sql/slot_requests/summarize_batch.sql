-- What became of the requests that the tasks :claimed_by took on, and what it cost.
select
    count(*) filter (where status = 'completed') as completed,
    count(*) filter (where status = 'failed') as failed,
    count(*) filter (where status = 'cancelled') as cancelled,
    count(*) filter (where status = 'running') as running,
    coalesce(sum(cost_credits), 0) as cost_usd
from agent_routing_log
where claimed_by = any(cast(:claimed_by as text[]))
