-- Saving research: the user's document, its run, and what the account shows of it.

-- name: save_research
-- A user's research of an address; only newer research replaces it. Returns no row when what is stored stays.
insert into prospect_intelligence as known (
    user_id, website_url, company_name, data, icp_score, priority_level, extracted_at, extraction_duration_ms
)
values (
    :user_id, :website_url, :company_name, cast(:data as jsonb), :icp_score, :priority_level, :extracted_at,
    :extraction_duration_ms
)
on conflict (user_id, website_url) do update
set company_name = excluded.company_name,
    data = excluded.data,
    icp_score = excluded.icp_score,
    priority_level = excluded.priority_level,
    extracted_at = excluded.extracted_at,
    extraction_duration_ms = excluded.extraction_duration_ms,
    written_by = excluded.written_by
where known.extracted_at < excluded.extracted_at
returning id, xmax = 0 as is_new

-- name: save_own_research
-- Research, its run and what the account shows of it, as the API's role, which may not write to these tables.
select research_id, is_new, is_stored, is_newest
from save_own_research(cast(:research as jsonb) || jsonb_build_object('data', cast(:data as jsonb)))

-- name: record_own_failure
-- A run that failed, as the API's role. The same run is not added twice.
select record_own_failure(cast(:run as jsonb))

-- name: find_same_research
-- When the user's research of an address was done, if it is this very document.
select extracted_at
from prospect_intelligence
where user_id = :user_id and website_url = :website_url and data = cast(:data as jsonb)

-- name: find_saved_research
-- Where a user's research of an address is stored, and whether it is this very document.
select id, extracted_at = :extracted_at and data = cast(:data as jsonb) as is_stored
from prospect_intelligence
where user_id = :user_id and website_url = :website_url

-- name: known_name
-- What the company behind a domain is called, as far as anybody knows; the domain when nobody does.
select coalesce(
    (
        select coalesce(winner.name, c.name)
        from companies as c
        left join companies as winner on winner.id = c.merged_into_id
        where c.domain = :account_domain
    ),
    (select company_name from accounts where account_domain = :account_domain),
    :account_domain
)

-- name: save_run
-- A research run, successful or not; the same run is not added twice. recorded_at is the moment of writing: it gives
-- the order of runs of one account that are saved at once. Without :known_at, the run was not known before that.
insert into prospect_intelligence_runs (
    user_id, account_domain, website_url, company_name, run_status, icp_score, priority_level, is_b2b_saas,
    has_modern_stack, technology_count, has_open_engineering_roles, engineering_role_count, total_open_roles,
    has_engineering_blog, employees_min, employees_max, has_funding, error_type, error_message, run_key, created_at,
    recorded_at, known_at
)
values (
    :user_id, :account_domain, :website_url, :company_name, :run_status, :icp_score, :priority_level, :is_b2b_saas,
    :has_modern_stack, :technology_count, :has_open_engineering_roles, :engineering_role_count, :total_open_roles,
    :has_engineering_blog, :employees_min, :employees_max, :has_funding, :error_type, :error_message, :run_key,
    :created_at, clock_timestamp(), cast(:known_at as timestamptz)
)
on conflict (run_key) do nothing

-- name: find_run
-- The id of a run.
select id from prospect_intelligence_runs where run_key = :run_key

-- name: save_account
-- The account that was researched; when it is new, this is its newest research. Fills a missing name or website.
insert into accounts as known (
    account_domain, company_name, website_url, last_prospect_intelligence_id, last_icp_score, last_priority_level,
    last_research_at
)
values (
    :account_domain, :company_name, :website_url, :research_id, :icp_score, :priority_level, :extracted_at
)
on conflict (account_domain) do update
set company_name = case
        when known.company_name = known.account_domain then excluded.company_name
        else known.company_name
    end,
    website_url = coalesce(known.website_url, excluded.website_url),
    updated_at = now(),
    written_by = excluded.written_by
where known.website_url is null
   or (known.company_name = known.account_domain and excluded.company_name <> known.account_domain)

-- name: advance_account
-- Makes this the account's newest research, whoever did the rest. Of several of one time, the one saved first stays.
update accounts
set last_prospect_intelligence_id = :research_id,
    last_icp_score = :icp_score,
    last_priority_level = :priority_level,
    last_research_at = :extracted_at,
    updated_at = now(),
    written_by = default
where account_domain = :account_domain
  and (last_research_at is null or last_research_at < :extracted_at)

-- name: save_account_signals
-- All that the newest research says about an account: what it does not know becomes unknown again. The other features
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

-- name: is_newest_research
-- True when the account shows this research.
select exists (
    select
    from accounts
    where account_domain = :account_domain
      and last_prospect_intelligence_id = :research_id
      and last_research_at = :extracted_at
)
