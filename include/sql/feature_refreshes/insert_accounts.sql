-- Accounts that are new: researched, engaged, signalled, sponsoring or briefed. A seat or a name makes none.
insert into accounts (account_domain, company_name, company_id)
select f.account_domain, coalesce(c.name, researched.company_name, f.account_domain), c.id
from changed_accounts as f
left join companies as c on c.domain = f.account_domain
left join lateral (
    select r.company_name
    from prospect_intelligence_runs as r
    where r.account_domain = f.account_domain and r.company_name is not null
    order by r.created_at desc, r.recorded_at, r.run_key
    limit 1
) as researched on true
where not exists (select from accounts as a where a.account_domain = f.account_domain)
  and (
    exists (select from prospect_intelligence_runs as r where r.account_domain = f.account_domain)
    or exists (select from user_interactions as i where i.account_domain = f.account_domain)
    or exists (select from company_intel_briefings as b where b.company_domain = f.account_domain)
    or exists (select from extracted_icp_job_title_details as d where d.company_domain = f.account_domain)
    or exists (select from event_sponsors as s where s.company_id = c.id)
    or exists (
        select
        from signal_execution_entities as n
        join signal_executions as x on x.id = n.execution_id
        join signals as g on g.id = x.signal_id and g.type in ('hiring', 'funding')
        where n.entity_type = 'company' and n.entity_id = c.id
    )
  )
order by f.account_domain
on conflict (account_domain) do nothing
