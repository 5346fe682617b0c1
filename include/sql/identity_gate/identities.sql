-- What tells whether companies (:ids) are worth asking about, each in one row: who they are, open doubts, suppressions,
-- and who was seen there on :seen_since or later (nobody without a day). Of an execution, whether it has asked already.
with doubted as materialized (
    select left_id as id from merge_candidates
    where entity_type = 'company' and status = 'open' and left_id = any(cast(:ids as bigint[]))
    union
    select right_id from merge_candidates
    where entity_type = 'company' and status = 'open' and right_id = any(cast(:ids as bigint[]))
),
suppressed as materialized (
    -- A suppressed domain covers those below it.
    select domain
    from domains_covered(
        array(select domain from companies where id = any(cast(:ids as bigint[])) and domain is not null),
        array(select value_hash from suppressed_addresses where kind = 'domain')
    ) as covered (domain)
),
seen as materialized (
    select r.company_id,
           jsonb_agg(jsonb_build_array(p.id, r.role_title) order by r.observed_on desc, p.id, r.id) as people
    from company_person_roles as r
    join persons as p on p.id = r.person_id
    where r.company_id = any(cast(:ids as bigint[]))
      and r.is_current
      and not r.is_doubted
      and r.role_title is not null
      and r.observed_on >= cast(:seen_since as date)
      and p.merged_into_id is null
    group by r.company_id
)
select c.id, c.name, c.domain,
       c.kind,
       doubted.id is not null as is_in_doubt,
       c.domain is null and exists (
           select from companies as o
           where o.name_key = c.name_key and o.id <> c.id and o.merged_into_id is null
       ) as is_ambiguous,
       suppressed.domain is not null as is_suppressed,
       exists (
           select from execution_questions as q
           where q.execution_id = cast(:execution_id as uuid)
             and q.source = 'company ' || c.id
             and q.status in ('answered', 'saved')
       ) as was_asked,
       coalesce(seen.people, '[]') as people
from companies as c
left join doubted on doubted.id = c.id
left join suppressed on suppressed.domain = c.domain
left join seen on seen.company_id = c.id
where c.id = any(cast(:ids as bigint[]))
order by c.id
