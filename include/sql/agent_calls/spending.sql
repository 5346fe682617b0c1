-- What a scope has called and spent. A call whose cost is not known (in flight, abandoned, timed out) counts with its
-- reservation; a reused answer is neither a call nor a cost.
select
    count(*) filter (where status <> 'reused') as calls,
    coalesce(sum(coalesce(cost_usd, reserved_usd)) filter (where status <> 'reused'), 0) as spent_usd
from agent_calls
where scope = :scope
