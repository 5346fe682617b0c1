-- The accounts and moments a transaction computes features for.
create temporary table if not exists feature_targets (
    account_domain text not null,
    as_of timestamptz not null,
    company_name text not null,
    company_id bigint,
    company_unique_id text
) on commit drop
