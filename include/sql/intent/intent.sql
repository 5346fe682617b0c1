-- Accounts that are more active than their history predicts.

-- name: count_activity
-- Accounts with activity between :window_start and :until: how much, and how much before that, from :since on.
select account_domain, activity, baseline
from (
    select
        account_domain,
        count(*) filter (where created_at >= cast(:window_start as timestamptz)) as activity,
        count(*) filter (where created_at < cast(:window_start as timestamptz)) as baseline
    from (
        select account_domain, created_at
        from user_interactions
        where interaction_type <> 'deal_lost'
          -- What a sequence of e-mails sends by itself says nothing about interest.
          and not coalesce(cast(interaction_metadata ->> 'automated' as boolean), false)
          and created_at >= cast(:since as timestamptz) and created_at < cast(:until as timestamptz)
        union all
        select account_domain, created_at
        from prospect_intelligence_runs
        -- A run that failed is tried again: how often says nothing about interest.
        where run_status = 'success'
          and created_at >= cast(:since as timestamptz) and created_at < cast(:until as timestamptz)
    ) as heard
    group by account_domain
    having max(created_at) >= cast(:window_start as timestamptz)
) as active
-- Looked up one by one: a join planned while statistics say there is little would compare all accounts with these.
where account_domain = (select a.account_domain from accounts as a where a.account_domain = active.account_domain)

-- name: save_intent
-- Stores what was found about accounts (:rows, a JSON array), where it differs from what is stored.
insert into account_intent as known (account_domain, level, activity, expected, lift, reasons, observed_on)
select account_domain, level, activity, expected, lift, reasons, :observed_on
from json_to_recordset(cast(:rows as json)) as r (
    account_domain text, level text, activity integer, expected numeric(10, 2), lift numeric(10, 2), reasons text[]
)
order by account_domain
on conflict (account_domain) do update
set level = excluded.level,
    activity = excluded.activity,
    expected = excluded.expected,
    lift = excluded.lift,
    reasons = excluded.reasons,
    observed_on = excluded.observed_on,
    updated_at = now(),
    written_by = excluded.written_by
where (known.level, known.activity, known.expected, known.lift, known.reasons)
    is distinct from (excluded.level, excluded.activity, excluded.expected, excluded.lift, excluded.reasons)

-- name: forget_intent
-- Removes accounts that calmed down: all but :account_domains.
delete from account_intent
where not exists (
    select from unnest(cast(:account_domains as text[])) as found (account_domain)
    where found.account_domain = account_intent.account_domain
)

-- name: query_intent
-- Accounts that are more active than expected, the strongest first; total counts them all.
select account_domain, level, activity, expected, lift, reasons, observed_on, count(*) over () as total
from account_intent
order by level = 'surging' desc, lift desc, activity desc, account_domain collate "C"
limit :limit
