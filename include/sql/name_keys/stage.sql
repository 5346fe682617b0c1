-- The transaction's own list of companies or persons whose name key changes.

-- name: stage_table
-- is_unique: no other company may have the same key. keeps_old: another one has it, or gets it first.
create temporary table if not exists staged_name_keys (
    id bigint primary key,
    old_key text not null,
    new_key text not null,
    is_unique boolean not null,
    keeps_old boolean not null default false
) on commit drop

-- name: clear_stage
-- Empties the list: a transaction may make the keys of companies and of persons.
delete from staged_name_keys

-- name: stage_rows
-- Stages :rows, a JSON array of objects.
insert into staged_name_keys (id, old_key, new_key, is_unique)
select id, old_key, new_key, is_unique
from json_to_recordset(cast(:rows as json)) as r (id bigint, old_key text, new_key text, is_unique boolean)

-- name: analyze_stage
-- Row counts for the planner.
analyze staged_name_keys
