-- What the newest research says of an account, all of it: what it does not know is unknown again. The other features
-- are left to the next refresh.
insert into account_signals as known (
    account_domain, company_name, icp_score, priority_level, is_b2b_saas, has_modern_stack, technology_count,
    has_open_engineering_roles, engineering_role_count, total_open_roles, has_engineering_blog, employees_min,
    employees_max, has_funding, last_research_at
)
select
    account_domain, company_name, :icp_score, :priority_level, :is_b2b_saas, :has_modern_stack, :technology_count,
    :has_open_engineering_roles, :engineering_role_count, :total_open_roles, :has_engineering_blog, :employees_min,
    :employees_max, :has_funding, :extracted_at
from accounts
where account_domain = :account_domain
on conflict (account_domain) do update
set company_name = excluded.company_name,
    icp_score = excluded.icp_score,
    priority_level = excluded.priority_level,
    is_b2b_saas = excluded.is_b2b_saas,
    has_modern_stack = excluded.has_modern_stack,
    technology_count = excluded.technology_count,
    has_open_engineering_roles = excluded.has_open_engineering_roles,
    engineering_role_count = excluded.engineering_role_count,
    total_open_roles = excluded.total_open_roles,
    has_engineering_blog = excluded.has_engineering_blog,
    employees_min = excluded.employees_min,
    employees_max = excluded.employees_max,
    has_funding = excluded.has_funding,
    last_research_at = excluded.last_research_at,
    updated_at = now(),
    written_by = excluded.written_by
where known.last_research_at is null or known.last_research_at < excluded.last_research_at
