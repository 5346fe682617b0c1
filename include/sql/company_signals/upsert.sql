-- What companies did: rounds, open positions, launches, acquisitions.

-- name: known
-- What is known of companies, of one type, the latest first.
select id, company_id, signal_key, round, amount, currency, investors, position, department, location, product, acquirer,
       target, occurred_on, date_precision
from company_signals
where type = :type and company_id = any(cast(:company_ids as bigint[]))
order by company_id, occurred_on desc nulls last, id

-- name: insert
-- Inserts new ones; returns their ids by ordinal.
with given as (
    select *
    from jsonb_to_recordset(cast(:rows as jsonb)) as r (
        ordinal integer, company_id bigint, signal_key text, round text, amount numeric, currency text,
        investors text[], position text, department text, location text, product text, acquirer text, target text,
        occurred_on date, date_precision text
    )
),
inserted as (
    insert into company_signals (
        company_id, type, signal_key, round, amount, currency, investors, position, department, location, product,
        acquirer, target, occurred_on, date_precision, source_system
    )
    select company_id, :type, signal_key, round, amount, currency, coalesce(investors, '{}'), position, department,
           location, product, acquirer, target, occurred_on, date_precision, :source_system
    from given
    order by ordinal
    returning id, company_id, signal_key, occurred_on
)
select given.ordinal, inserted.id
from inserted
join given
    on given.company_id = inserted.company_id
    and given.signal_key = inserted.signal_key
    and given.occurred_on is not distinct from inserted.occurred_on

-- name: fill_gaps
-- Fills what was not known; what is known stays.
update company_signals as s
set signal_key = r.signal_key,
    round = coalesce(s.round, r.round),
    amount = coalesce(s.amount, r.amount),
    currency = case when s.amount is null and r.amount is not null then r.currency else coalesce(s.currency, r.currency) end,
    investors = case when s.investors = '{}' then coalesce(r.investors, '{}') else s.investors end,
    position = coalesce(s.position, r.position),
    department = coalesce(s.department, r.department),
    location = coalesce(s.location, r.location),
    product = coalesce(s.product, r.product),
    acquirer = coalesce(s.acquirer, r.acquirer),
    target = coalesce(s.target, r.target),
    date_precision = case when s.occurred_on is null then r.date_precision else s.date_precision end,
    occurred_on = coalesce(s.occurred_on, r.occurred_on),
    updated_at = now(),
    written_by = default
from jsonb_to_recordset(cast(:rows as jsonb)) as r (
    id bigint, signal_key text, round text, amount numeric, currency text, investors text[], position text,
    department text, location text, product text, acquirer text, target text, occurred_on date, date_precision text
)
where s.id = r.id

-- name: of_execution
-- What the companies of an execution did, as far as the execution found it: the latest first, with the page that says so.
select s.id, s.company_id, s.type, s.round, s.amount, s.currency, s.investors, s.position, s.department, s.location,
       s.product, s.acquirer, s.target, s.occurred_on, s.date_precision, o.source_url, coalesce(o.is_verified, false) as is_verified
from signal_execution_entities as x
join company_signals as s on s.id = x.entity_id
left join lateral (
    select source_url, is_verified
    from observations
    where company_signal_id = s.id
    order by is_verified desc, source_url is null, seen_on desc, id
    limit 1
) as o on true
where x.execution_id = :execution_id
  and x.entity_type = 'company_signal'
  and (cast(:company_ids as bigint[]) is null or s.company_id = any(:company_ids))
order by s.occurred_on desc nulls last, s.id
