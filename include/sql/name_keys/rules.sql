-- By which rules the stored name keys were made, and the names they are made of.

-- name: stored_rules
-- The version of the rules that made the keys of this entity type; none when nobody has noted it.
select rules from name_key_rules where entity_type = :entity_type

-- name: save_rules
-- Notes that all keys of this entity type are those of the version :rules.
insert into name_key_rules (entity_type, rules)
values (:entity_type, :rules)
on conflict (entity_type) do update
set rules = excluded.rules, updated_at = now()

-- name: company_names
-- Names and keys of all companies, those known longest first.
select id, name, name_key, domain from companies order by id

-- name: person_names
-- Names and keys of all persons, those known longest first.
select id, full_name, name_key from persons order by id
