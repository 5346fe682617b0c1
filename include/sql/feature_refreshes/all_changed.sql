-- Every account, and everything an account could be made of, as if all of it were new.
insert into changed_accounts (account_domain, since)
select account_domain, cast('-infinity' as timestamptz)
from (
    select account_domain from accounts
    union
    select account_domain from prospect_intelligence_runs
    union
    select account_domain from user_interactions
    union
    select company_domain from company_intel_briefings
    union
    select company_domain from extracted_icp_job_title_details
    union
    select c.domain from companies as c where c.domain is not null and exists (
        select from event_sponsors as s where s.company_id = c.id
    )
    union
    select c.domain
    from companies as c
    join signal_execution_entities as n on n.entity_type = 'company' and n.entity_id = c.id
    join signal_executions as x on x.id = n.execution_id
    join signals as g on g.id = x.signal_id and g.type in ('hiring', 'funding')
    where c.domain is not null
) as known
where cast(:first_domain as text) is null or account_domain between :first_domain and :last_domain
