-- Accounts with activity in the window from :window_start to :until: how much, and how much before that, from :since on.
select
    a.account_domain,
    count(*) filter (where heard.created_at >= cast(:window_start as timestamptz)) as activity,
    count(*) filter (where heard.created_at < cast(:window_start as timestamptz)) as baseline
from (
    select account_domain, created_at
    from user_interactions
    where interaction_type <> 'deal_lost'
      and created_at >= cast(:since as timestamptz) and created_at < cast(:until as timestamptz)
    union all
    select account_domain, created_at
    from prospect_intelligence_runs
    where created_at >= cast(:since as timestamptz) and created_at < cast(:until as timestamptz)
) as heard
join accounts as a using (account_domain)
group by a.account_domain
having max(heard.created_at) >= cast(:window_start as timestamptz)
