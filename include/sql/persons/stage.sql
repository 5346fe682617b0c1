-- The transaction's own list of persons to find or create.

-- name: stage_table
-- The transaction's own list of persons, each with the role it was seen in.
create temporary table if not exists staged_persons (
    ordinal integer not null,
    wave smallint not null,
    company_id bigint,
    full_name text,
    name_key text,
    first_name text,
    last_name text,
    linkedin_url text,
    email text,
    email_is_identity boolean,
    email_name text,
    phone text,
    phone_key text,
    title text,
    role_key text,
    role_category text,
    seniority text,
    is_decision_maker boolean,
    observed_on date,
    target_function text,
    target_match text,
    location_text text,
    bio text,
    person_id bigint,
    is_new boolean not null default false,
    is_source boolean not null default false
) on commit drop

-- name: judged_table
-- Names that came with one address, and whether they may be one person's.
create temporary table if not exists judged_names (
    name_key text not null,
    other_key text not null,
    are_alike boolean not null
) on commit drop

-- name: changed_table
-- Roles whose evidence is other than before the transaction.
create temporary table if not exists changed_roles (
    role_id bigint not null,
    company_id bigint not null,
    person_id bigint not null,
    role_key text
) on commit drop

-- name: clear_stage
-- Empties the lists: a batch is staged again in halves when one of its records does not save.
with emptied as (
    delete from changed_roles
)
delete from staged_persons

-- name: stage_rows
-- Stages :rows, a JSON array of objects. A company that was merged meanwhile is the one it was merged into.
insert into staged_persons (
    ordinal, wave, company_id, full_name, name_key, first_name, last_name, linkedin_url, email, email_is_identity,
    email_name, phone, phone_key, title, role_key, role_category, seniority, is_decision_maker, observed_on,
    target_function, target_match, location_text, bio
)
select
    ordinal, wave, coalesce(c.merged_into_id, r.company_id), full_name, r.name_key, first_name, last_name,
    r.linkedin_url, email, email_is_identity, email_name, phone, phone_key, title, role_key, role_category, seniority, is_decision_maker, observed_on,
    target_function, target_match, location_text, bio
from json_to_recordset(cast(:rows as json)) as r (
    ordinal integer, wave smallint, company_id bigint, full_name text, name_key text, first_name text, last_name text,
    linkedin_url text, email text, email_is_identity boolean, email_name text, phone text, phone_key text, title text,
    role_key text, role_category text, seniority text, is_decision_maker boolean, observed_on date,
    target_function text, target_match text, location_text text, bio text
)
left join companies as c on c.id = r.company_id

-- name: judge_names
-- Adds to what is known about names; :rows is a JSON array of objects.
insert into judged_names (name_key, other_key, are_alike)
select name_key, other_key, are_alike
from json_to_recordset(cast(:rows as json)) as r (name_key text, other_key text, are_alike boolean)

-- name: analyze_stage
-- Row counts for the planner; worth it for bulk loads only.
analyze staged_persons

-- name: staged_result
-- The id of every staged person.
select ordinal, person_id, is_new from staged_persons
