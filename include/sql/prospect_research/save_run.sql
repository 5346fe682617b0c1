-- A research that was tried; the same one again is not added. recorded_at is the moment it is written, so that of runs
-- of one account saved at once it tells the order.
insert into prospect_intelligence_runs (
    user_id, account_domain, website_url, company_name, run_status, icp_score, priority_level, is_b2b_saas,
    has_modern_stack, technology_count, has_open_engineering_roles, engineering_role_count, total_open_roles,
    has_engineering_blog, employees_min, employees_max, has_funding, error_type, error_message, run_key, created_at,
    recorded_at
)
values (
    :user_id, :account_domain, :website_url, :company_name, :run_status, :icp_score, :priority_level, :is_b2b_saas,
    :has_modern_stack, :technology_count, :has_open_engineering_roles, :engineering_role_count, :total_open_roles,
    :has_engineering_blog, :employees_min, :employees_max, :has_funding, :error_type, :error_message, :run_key,
    :created_at, clock_timestamp()
)
on conflict (run_key) do nothing
