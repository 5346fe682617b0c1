-- People who asked to be forgotten: their identities as keyed hashes.

-- name: any_erased
-- True when anybody was forgotten.
select exists (select from erased_identities)

-- name: find_erased
-- Which of the people mentioned (:mentions, a JSON array) were forgotten: by profile, by e-mail, or by their name at
-- the company or one that was merged into it. A name is not enough for a mention with a profile, if theirs was known.
with mention as (
    select *
    from json_to_recordset(cast(:mentions as json)) as r (
        ordinal integer, linkedin_url text, email text, name_key text, company_id bigint
    )
)
select m.ordinal
from mention as m
join erased_identities as e on e.kind = 'linkedin' and e.value_hash = keyed_hash('linkedin', m.linkedin_url)
union
select m.ordinal
from mention as m
join erased_identities as e on e.kind = 'email' and e.value_hash = keyed_hash('email', m.email)
union
select m.ordinal
from mention as m
cross join lateral (
    select m.company_id as id
    union all
    select c.id from companies as c where c.merged_into_id = m.company_id
) as company
join erased_identities as e
    on e.kind = 'name_at_company'
    and e.value_hash = keyed_hash('name_at_company', m.name_key || '@' || company.id)
where m.linkedin_url is null or not e.profile_known

-- name: record_identities
-- Remembers by what a person would be recognised (:identities, a JSON array). Of two people of one name at one company,
-- the name counts as that of the one whose profile was not known.
insert into erased_identities as known (kind, value_hash, profile_known, erasure_id)
select r.kind, keyed_hash(r.kind, r.value), bool_and(r.profile_known), :erasure_id
from json_to_recordset(cast(:identities as json)) as r (kind text, value text, profile_known boolean)
group by 1, 2
order by 1, 2
on conflict (kind, value_hash) do update
set profile_known = false, written_by = excluded.written_by
where known.profile_known and not excluded.profile_known

-- name: companies_named
-- Companies of these name keys or domains; a merged company leads to the one it was merged into.
select name_key, domain, coalesce(merged_into_id, id) as id
from companies
where name_key = any(cast(:name_keys as text[])) or domain = any(cast(:domains as text[]))
