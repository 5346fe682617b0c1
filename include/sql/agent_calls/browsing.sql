-- The ledger for people to read: calls, what days cost, one call with its texts.

-- name: browse_calls
-- The calls of a period, the newest first: :limit of them after the key (:after_started_at, :after_id); those of a
-- provider, a status, a DAG or one of its runs only, where given. The inner part looks at nothing but an index.
select c.id, c.scope, c.agent, c.provider, c.status, c.error_kind, c.error_message, c.http_status, c.latency_ms,
       c.input_tokens, c.output_tokens, c.cost_usd, c.reserved_usd, c.reused_from_id, c.started_at,
       a.dag_id, a.run_id, a.task_id, a.map_index
from (
    select c.id
    from agent_calls as c
    where c.started_at >= :since
      and c.started_at < :until
      and (c.started_at, c.id) < (coalesce(cast(:after_started_at as timestamptz), 'infinity'), cast(:after_id as bigint))
      and (cast(:provider as text) is null or c.provider = :provider)
      and (cast(:status as text) is null or c.status = :status)
      and (
          cast(:dag_id as text) is null
          or exists (
              select from task_attempts as a
              where a.id = c.written_by
                and a.dag_id = :dag_id
                and (cast(:run_id as text) is null or a.run_id = :run_id)
          )
      )
    order by c.started_at desc, c.id desc
    limit :limit
) as chosen
join agent_calls as c on c.id = chosen.id
left join task_attempts as a on a.id = c.written_by
order by c.started_at desc, c.id desc

-- name: calls_of_scope
-- The calls of a scope, the newest first: :limit of them before the call :after_id.
select c.id, c.scope, c.agent, c.provider, c.status, c.error_kind, c.error_message, c.http_status, c.latency_ms,
       c.input_tokens, c.output_tokens, c.cost_usd, c.reserved_usd, c.reused_from_id, c.started_at,
       a.dag_id, a.run_id, a.task_id, a.map_index
from agent_calls as c
left join task_attempts as a on a.id = c.written_by
where c.scope = :scope and c.id < coalesce(cast(:after_id as bigint), 9223372036854775807)
order by c.id desc
limit :limit

-- name: cost_by_day
-- What calls cost, by day (UTC) and provider, from the day :first on; reserved is what those may have cost whose cost is
-- not known, unpriced how many there are of whose price nothing is known. Day by day, as each is one stretch of an index.
select d.day::date as day, c.*
from generate_series(cast(:first as timestamp), now() at time zone 'UTC', interval '1 day') as d (day)
cross join lateral (
    select provider,
           count(*) filter (where status <> 'reused') as calls,
           count(*) filter (where status = 'reused') as reused,
           count(*) filter (where status in ('failed', 'abandoned')) as failed,
           coalesce(sum(cost_usd), 0) as cost_usd,
           coalesce(sum(reserved_usd) filter (where cost_usd is null), 0) as reserved_usd,
           count(*) filter (where cost_usd is null and status = 'succeeded') as unpriced
    from agent_calls
    where started_at >= d.day at time zone 'UTC' and started_at < (d.day + interval '1 day') at time zone 'UTC'
    group by provider
) as c
order by day, provider

-- name: find_call
-- One call with request, raw answer, and who made it.
select c.*, a.dag_id, a.run_id, a.task_id, a.map_index, a.try_number
from agent_calls as c
left join task_attempts as a on a.id = c.written_by
where c.id = :call_id
