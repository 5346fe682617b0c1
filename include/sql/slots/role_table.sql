-- The current roles at the companies this transaction evaluates, with no more of their titles than the classifier reads.
create temporary table if not exists held_roles (
    company_id bigint not null,
    role_id bigint not null,
    person_id bigint not null,
    title text not null,
    observed_on date,
    source_system text
) on commit drop
