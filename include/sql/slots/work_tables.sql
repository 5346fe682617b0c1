-- The temporary tables an evaluation works with. They live as long as its transaction.

-- name: has_work_tables
-- True when this transaction has created the temporary tables already.
select to_regclass('pg_temp.slot_plan') is not null

-- name: more_memory
-- Room for sorting and hashing a chunk in memory, for this transaction; the default of 4 MB would take it to disk.
select set_config('work_mem', '32MB', true)
where pg_size_bytes(current_setting('work_mem')) < pg_size_bytes('32MB')

-- name: company_table
-- The companies this transaction evaluates: those in scope that are not merged into another one.
create temporary table evaluated_companies (
    company_id bigint not null,
    company_unique_id text not null,
    name text not null
) on commit drop

-- name: role_table
-- The current roles at the companies this transaction evaluates, their titles cut to what the classifier reads.
create temporary table held_roles (
    company_id bigint not null,
    role_id bigint not null,
    person_id bigint not null,
    title text not null,
    observed_on date,
    is_doubted boolean not null,
    source_system text
) on commit drop

-- name: noted_table
-- The companies among them about which something was noted, and is taken note of by this transaction.
create temporary table noted_companies (
    company_id bigint not null
) on commit drop

-- name: title_table
-- Titles that turned up too late to be in title_seats, classified by this transaction for itself.
create temporary table late_titles (
    title text primary key,
    ceo_rank smallint,
    cfo_rank smallint,
    hr_rank smallint,
    also_ceo_rank smallint
) on commit drop

-- name: plan_table
-- The conclusion about every seat of the companies evaluated, before anything is written.
create temporary table slot_plan (
    company_id bigint not null,
    company_unique_id text not null,
    slot_type text not null,
    is_new boolean not null,
    is_changed boolean not null,
    holder text,
    person_unique_id text,
    confidence numeric(3, 2),
    is_weak boolean not null,
    candidates integer not null,
    source_system text,
    attempts integer not null,
    starts_afresh boolean not null,
    ended_requests integer not null,
    asked_at timestamptz,
    is_over boolean not null,
    is_pending boolean not null,
    is_requested boolean not null,
    is_cancelled boolean not null,
    was_due boolean not null,
    due_on date,
    intake_id bigint
) on commit drop

-- name: clear_work_tables
-- Empties the temporary tables, for a transaction that starts again. Not by truncate, which read-only ones refuse.
with companies as (delete from evaluated_companies),
noted as (delete from noted_companies),
roles as (delete from held_roles),
titles as (delete from late_titles)
delete from slot_plan

-- name: analyze_companies
-- Statistics of the list of companies; without them large chunks are joined row by row.
analyze evaluated_companies

-- name: analyze_roles
-- Statistics of the roles; without them titles are looked for role by role.
analyze held_roles

-- name: analyze_plan
-- Statistics of the plan; without them large chunks are joined row by row.
analyze slot_plan
