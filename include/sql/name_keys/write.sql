-- Writing the staged name keys, and recording who may be the same by them. updated_at and written_by stay: nobody has
-- said anything new.

-- name: keep_taken
-- A company without a domain keeps its old key when another one without has the new key and does not give it up, or is
-- known longer and gets it. The old key it keeps may be what the next one wants: repeated until it changes nothing.
with wanted as (
    select id, new_key, row_number() over (partition by new_key order by id) as turn
    from staged_name_keys
    where is_unique and not keeps_old
)
update staged_name_keys as s
set keeps_old = true
from wanted
where s.id = wanted.id
  and (
      wanted.turn > 1
      or exists (
          select
          from companies as holder
          where holder.domain is null
            and holder.name_key = wanted.new_key
            and not exists (
                select from staged_name_keys as moving where moving.id = holder.id and not moving.keeps_old
            )
      )
  )

-- name: free_keys
-- A key that one company leaves to another is free before that one gets it: uniqueness is checked row by row. No key of
-- a name has a colon.
update companies as c
set name_key = c.id || ':' || s.old_key
from staged_name_keys as s
where c.id = s.id
  and s.is_unique
  and not s.keeps_old
  and exists (
      select from staged_name_keys as next where next.is_unique and not next.keeps_old and next.new_key = s.old_key
  )

-- name: write_companies
-- The new keys of companies.
update companies as c
set name_key = s.new_key
from staged_name_keys as s
where c.id = s.id and not s.keeps_old

-- name: write_persons
-- The new keys of persons; several may share one.
update persons as p
set name_key = s.new_key
from staged_name_keys as s
where p.id = s.id

-- name: record_doubtful_companies
-- Companies that share a new key, or could not get it because another one has it, may be the same; a person decides. One
-- that was merged stands for the company it was merged into.
insert into merge_candidates (entity_type, left_id, right_id, reason, evidence)
select distinct on (least(pair.id, pair.other_id), greatest(pair.id, pair.other_id))
    'company',
    least(pair.id, pair.other_id),
    greatest(pair.id, pair.other_id),
    case when n.domain is null or o.domain is null then 'same_name_domain_unknown' else 'same_name_different_domain' end,
    jsonb_build_object(
        'name_key', s.new_key,
        'names', jsonb_build_array(n.name, o.name),
        'domains', jsonb_build_array(n.domain, o.domain)
    )
from staged_name_keys as s
join companies as n on n.id = s.id
join companies as o on o.name_key = s.new_key and o.id <> s.id
cross join lateral (
    select coalesce(n.merged_into_id, n.id) as id, coalesce(o.merged_into_id, o.id) as other_id
) as pair
where pair.id <> pair.other_id
order by least(pair.id, pair.other_id), greatest(pair.id, pair.other_id), n.id, o.id
on conflict (entity_type, left_id, right_id) do nothing

-- name: record_doubtful_persons
-- Persons who share a new key, and a company, may be the same; a person decides.
insert into merge_candidates (entity_type, left_id, right_id, reason, evidence)
select distinct on (least(pair.id, pair.other_id), greatest(pair.id, pair.other_id))
    'person',
    least(pair.id, pair.other_id),
    greatest(pair.id, pair.other_id),
    'same_name_and_company',
    jsonb_build_object('company_id', r.company_id, 'name_key', s.new_key)
from staged_name_keys as s
join persons as n on n.id = s.id
-- Namesakes first, whatever the planner believes: a company may have many people, a name has few.
cross join lateral (
    select id, merged_into_id from persons where name_key = s.new_key and id <> s.id offset 0
) as o
join company_person_roles as r on r.person_id = n.id
join company_person_roles as other on other.person_id = o.id and other.company_id = r.company_id
cross join lateral (
    select coalesce(n.merged_into_id, n.id) as id, coalesce(o.merged_into_id, o.id) as other_id
) as pair
where pair.id <> pair.other_id
order by least(pair.id, pair.other_id), greatest(pair.id, pair.other_id), r.company_id
on conflict (entity_type, left_id, right_id) do nothing
