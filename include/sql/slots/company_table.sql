-- The companies this transaction evaluates: those in scope that are not merged into another one.
create temporary table if not exists evaluated_companies (
    company_id bigint not null,
    company_unique_id text not null,
    name text not null
) on commit drop
