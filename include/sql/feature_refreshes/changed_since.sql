-- Accounts that something happened to since the previous refresh, or whose recent activity is recent no longer.
insert into changed_accounts (account_domain, since)
select account_domain, min(since)
from (
    select account_domain, since from account_changes where changed_in >= :transaction
    union all
    -- What was announced ahead of its time is due now; what left a window of 30 or 90 days is not counted any more.
    select account_domain, created_at
    from user_interactions
    where created_at >= :previous_as_of and created_at < :as_of
    union all
    select account_domain, created_at
    from prospect_intelligence_runs
    where created_at >= :previous_as_of and created_at < :as_of
    union all
    select i.account_domain, cast(:as_of as timestamptz)
    from (values (interval '30 days'), (interval '90 days')) as recent (span)
    join user_interactions as i on i.created_at >= :previous_as_of - recent.span and i.created_at < :as_of - recent.span
) as changes
where cast(:first_domain as text) is null or account_domain between :first_domain and :last_domain
group by account_domain
