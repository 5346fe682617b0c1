-- The transaction's own list of companies to find or create.
create temporary table if not exists staged_companies (
    ordinal integer not null,
    name text,
    name_key text,
    domain text,
    website_url text,
    linkedin_url text,
    primary_industry text,
    employee_range text,
    description text,
    company_id bigint,
    is_new boolean not null default false,
    is_source boolean not null default false
) on commit drop
