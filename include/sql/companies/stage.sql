-- The transaction's own list of companies to find or create.

-- name: stage_table
-- The transaction's own list of companies to find or create.
create temporary table if not exists staged_companies (
    ordinal integer not null,
    name text,
    name_key text,
    domain text,
    shared_domain text,
    stem text,
    stem_key text,
    website_url text,
    linkedin_url text,
    primary_industry text,
    industry_is_guess boolean,
    employee_range text,
    description text,
    company_id bigint,
    is_new boolean not null default false,
    is_source boolean not null default false
) on commit drop

-- name: clear_stage
-- Empties the list: a batch is staged again in halves when one of its records does not save.
delete from staged_companies

-- name: stage_rows
-- Stages :rows, a JSON array of objects.
insert into staged_companies (
    ordinal, name, name_key, domain, shared_domain, stem, stem_key, website_url, linkedin_url, primary_industry,
    industry_is_guess, employee_range, description
)
select ordinal, name, name_key, domain, shared_domain, stem, stem_key, website_url, linkedin_url, primary_industry,
       coalesce(industry_is_guess and primary_industry is not null, false), employee_range, description
from json_to_recordset(cast(:rows as json)) as r (
    ordinal integer, name text, name_key text, domain text, shared_domain text, stem text, stem_key text, website_url text,
    linkedin_url text, primary_industry text, industry_is_guess boolean, employee_range text, description text
)

-- name: analyze_stage
-- Row counts for the planner; worth it for bulk loads only.
analyze staged_companies

-- name: staged_result
-- The id of every staged company.
select ordinal, company_id, is_new from staged_companies
