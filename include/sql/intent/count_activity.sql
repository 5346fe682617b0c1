-- Accounts with activity in the window from :window_start to :until: how much, and how much before that, from :since on.
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
          and created_at >= cast(:since as timestamptz) and created_at < cast(:until as timestamptz)
        union all
        select account_domain, created_at
        from prospect_intelligence_runs
        where created_at >= cast(:since as timestamptz) and created_at < cast(:until as timestamptz)
    ) as heard
    group by account_domain
    having max(created_at) >= cast(:window_start as timestamptz)
) as active
-- Looked up one by one: a join, planned while statistics say there is little, would hold all accounts against all of these.
where account_domain = (select a.account_domain from accounts as a where a.account_domain = active.account_domain)
