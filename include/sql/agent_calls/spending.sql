-- What a scope has called and spent.

-- name: lock_scope
-- Serialises the budget decisions of one scope, or of a day, until the transaction ends.
select pg_advisory_xact_lock(hashtextextended('agent_budget ' || :scope, 0))

-- name: spending
-- What a scope has called and spent. A call whose cost is not known (in flight, abandoned, timed out) counts with its
-- reservation; a reused answer is neither a call nor a cost. unbilled: calls that failed and cost nothing, without those
-- of agents that have no such data, which is an answer. unpriced: calls whose price is not known, so that more was spent
-- than that. in_flight: the part that is reserved and may be free again, of calls that somebody works on.
select
    count(*) filter (where status <> 'reused') as calls,
    count(*) filter (where cost_usd is null and status = 'succeeded') as unpriced,
    count(*) filter (where status = 'failed' and cost_usd = 0 and error_kind <> 'no_such_data') as unbilled,
    coalesce(sum(coalesce(cost_usd, reserved_usd)) filter (where status <> 'reused'), 0) as spent_usd,
    count(*) filter (where status = 'started' and provider <> all(cast(:outlasting as text[]))) as in_flight,
    coalesce(
        sum(reserved_usd) filter (where status = 'started' and provider <> all(cast(:outlasting as text[]))), 0
    ) as in_flight_usd
from agent_calls
where scope = :scope
  and (cast(:provider as text) is null or provider = :provider)

-- name: spending_today
-- The same of all scopes together since midnight (UTC), without the catalog, which costs nothing.
select
    count(*) filter (where status <> 'reused') as calls,
    count(*) filter (where cost_usd is null and status = 'succeeded') as unpriced,
    count(*) filter (where status = 'failed' and cost_usd = 0) as unbilled,
    coalesce(sum(coalesce(cost_usd, reserved_usd)) filter (where status <> 'reused'), 0) as spent_usd,
    count(*) filter (where status = 'started' and provider <> all(cast(:outlasting as text[]))) as in_flight,
    coalesce(
        sum(reserved_usd) filter (where status = 'started' and provider <> all(cast(:outlasting as text[]))), 0
    ) as in_flight_usd
from agent_calls
where started_at >= date_trunc('day', clock_timestamp(), 'UTC')
  and case when cast(:provider as text) is null then provider <> 'catalog' else provider = :provider end

-- name: usual_cost
-- The cost that 95 of 100 recent answers of an agent stay within: of the latest 200 in 30 days, at least 20 of them.
select case when count(*) >= 20 then percentile_disc(0.95) within group (order by cost_usd) end
from (
    select cost_usd
    from agent_calls
    where provider = :provider
      and agent = :agent
      and version = :version
      and status = 'succeeded'
      and cost_usd is not null
      and finished_at > now() - interval '30 days'
    order by finished_at desc
    limit 200
) as latest

-- name: cost_of_calls
-- What the calls :call_ids cost; the estimate where the cost is not known.
select coalesce(sum(coalesce(cost_usd, reserved_usd)), 0) from agent_calls where id = any(cast(:call_ids as bigint[]))

-- name: unpriced_providers
-- The providers whom a scope asked at a price that is not known.
select distinct provider
from agent_calls
where scope = :scope
  and cost_usd is null and status = 'succeeded'

-- name: call_summary
-- Per agent of one scope: how often it was asked, how it went, what it took and what it cost; unpriced: for how many
-- calls no price is known. model_rounds, searches and pages: the requests outside that its calls took.
select
    agent,
    count(*) filter (where status <> 'reused') as calls,
    count(*) filter (where status = 'succeeded') as succeeded,
    count(*) filter (where status = 'reused') as reused,
    count(*) filter (where status = 'failed') as failed,
    count(*) filter (where status = 'abandoned') as abandoned,
    count(*) filter (where status = 'started') as in_flight,
    coalesce(sum(input_tokens), 0) as input_tokens,
    coalesce(sum(output_tokens), 0) as output_tokens,
    coalesce(sum(cost_usd), 0) as cost_usd,
    coalesce(sum(reserved_usd) filter (where cost_usd is null), 0) as unsettled_usd,
    count(*) filter (where cost_usd is null and status = 'succeeded') as unpriced,
    cast(round(avg(latency_ms) filter (where status <> 'reused')) as integer) as average_latency_ms,
    max(latency_ms) as longest_latency_ms,
    coalesce(sum(steps.model_rounds), 0) as model_rounds,
    coalesce(sum(steps.searches), 0) as searches,
    coalesce(sum(steps.pages), 0) as pages
from agent_calls as c
cross join lateral (
    select count(*) filter (where s.kind = 'model') as model_rounds,
           count(*) filter (where s.kind = 'search') as searches,
           count(*) filter (where s.kind = 'page') as pages
    from agent_steps as s
    where s.call_id = c.id
) as steps
where scope = :scope
group by agent
order by agent
