-- The figures of the first page: how much is known, what was found and spent.

-- name: totals
-- How many companies and people there are, and how many of them came in the last seven days. Of all those that were merged
-- are taken away, as both are counted from small indexes.
select
    (select count(*) from companies) - (select count(*) from companies where merged_into_id is not null) as companies,
    (select count(*) from companies where merged_into_id is null and created_at >= now() - interval '7 days')
        as new_companies,
    (select count(*) from persons) - (select count(*) from persons where merged_into_id is not null) as people,
    (select count(*) from persons where merged_into_id is null and created_at >= now() - interval '7 days') as new_people

-- name: spending
-- US dollars spent this month (UTC), in the last seven days, and in the seven before. A call whose cost is not known
-- counts with its reservation; unpriced: the calls of this month at a price that is not known.
select
    count(*) filter (
        where is_unpriced and started_at >= date_trunc('month', now(), 'UTC')
    ) as unpriced,
    coalesce(sum(usd) filter (where started_at >= date_trunc('month', now(), 'UTC')), 0) as this_month,
    coalesce(sum(usd) filter (where started_at >= now() - interval '7 days'), 0) as last_days,
    coalesce(sum(usd) filter (
        where started_at >= now() - interval '14 days' and started_at < now() - interval '7 days'
    ), 0) as days_before
from (
    select started_at, coalesce(cost_usd, reserved_usd) as usd,
           cost_usd is null and status = 'succeeded' as is_unpriced
    from agent_calls
    where started_at >= least(date_trunc('month', now(), 'UTC'), now() - interval '14 days') and status <> 'reused'
) as call

-- name: spending_by_day
-- US dollars and calls of the last :days days (UTC), by day and provider.
select cast(started_at at time zone 'UTC' as date) as day, provider,
       sum(coalesce(cost_usd, reserved_usd)) as usd, count(*) as calls
from agent_calls
where started_at >= date_trunc('day', now(), 'UTC') - make_interval(days => :days - 1) and status <> 'reused'
group by 1, 2
order by 1, 2

-- name: budgets_by_day
-- What the signal executions that began on each of the last :days days (UTC) were allowed to spend together.
select cast(started_at at time zone 'UTC' as date) as day,
       sum(cast(configuration #>> '{budget,max_usd}' as numeric)) as usd
from signal_executions
where started_at >= date_trunc('day', now(), 'UTC') - make_interval(days => :days - 1)
group by 1
having sum(cast(configuration #>> '{budget,max_usd}' as numeric)) is not null
order by 1

-- name: signal_spending_by_day
-- What the signal executions that began on each of the last :days days (UTC) have spent together.
select cast(e.started_at at time zone 'UTC' as date) as day, sum(coalesce(c.cost_usd, c.reserved_usd)) as usd
from signal_executions as e
join agent_calls as c on c.scope = 'signal_execution:' || e.id and c.status <> 'reused'
where e.started_at >= date_trunc('day', now(), 'UTC') - make_interval(days => :days - 1)
group by 1
order by 1

-- name: found_by_week
-- New companies and people of the last :weeks weeks (from Monday, UTC), by signal.
select cast(date_trunc('week', e.started_at, 'UTC') at time zone 'UTC' as date) as week, s.name as signal,
       sum(coalesce(cast(e.stats ->> 'newCompanies' as integer), 0)) as companies,
       sum(coalesce(cast(e.stats ->> 'newContacts' as integer), 0)) as people
from signal_executions as e
join signals as s on s.id = e.signal_id
where e.started_at >= date_trunc('week', now(), 'UTC') - make_interval(weeks => :weeks - 1) and e.stats is not null
group by 1, 2
order by 1, 2
