-- Briefings as pages list them, of all orgs, and the history of one. A filter that is null is none.

-- name: list_company
-- Briefings on companies, the latest researched first, after the one of :after_moment and :after_id. Only filters that
-- indexes answer. Each table has a statement of its own: a union of them is read wholly before it is put in order.
select id, researched_at
from company_intel_briefings
where (cast(:org_id as uuid) is null or org_id = cast(:org_id as uuid))
  and (cast(:domain as text) is null or company_domain = cast(:domain as text))
  and (cast(:after_moment as timestamptz) is null
       or (researched_at, id) < (cast(:after_moment as timestamptz), cast(:after_id as uuid)))
order by researched_at desc, id desc
limit cast(:limit as bigint)

-- name: list_person
-- Briefings on persons, in the same way.
select id, researched_at
from person_intel_briefings
where (cast(:org_id as uuid) is null or org_id = cast(:org_id as uuid))
  and (cast(:linkedin_url as text) is null or person_linkedin_url = cast(:linkedin_url as text))
  and (cast(:after_moment as timestamptz) is null
       or (researched_at, id) < (cast(:after_moment as timestamptz), cast(:after_id as uuid)))
order by researched_at desc, id desc
limit cast(:limit as bigint)

-- name: list_icp_job_titles
-- Job titles that buy, in the same way.
select id, researched_at
from icp_job_titles
where (cast(:org_id as uuid) is null or org_id = cast(:org_id as uuid))
  and (cast(:domain as text) is null or company_domain = cast(:domain as text))
  and (cast(:after_moment as timestamptz) is null
       or (researched_at, id) < (cast(:after_moment as timestamptz), cast(:after_id as uuid)))
order by researched_at desc, id desc
limit cast(:limit as bigint)

-- name: list_rows
-- The briefings of :kind and :ids, in their order, that pass the filters which have to be asked of each: how the name of
-- the company or person begins, and for whom it is (client). They are asked of these rows alone: folding the names of a
-- whole table takes seconds.
with given as (
    select id, position from unnest(cast(:ids as uuid[])) with ordinality as r (id, position)
),
found as materialized (
    select g.position, b.id, b.org_id, b.company_domain, b.company_name as subject, null as person_title,
           null as company_name, b.client_company_name, b.processor, b.researched_at, b.written_by
    from given as g
    join company_intel_briefings as b using (id)
    where :kind = 'company'
    union all
    select g.position, b.id, b.org_id, null, b.person_full_name, b.person_current_job_title,
           b.person_current_company_name, b.client_company_name, b.processor, b.researched_at, b.written_by
    from given as g
    join person_intel_briefings as b using (id)
    where :kind = 'person'
    union all
    select g.position, b.id, b.org_id, b.company_domain, b.company_name, null, null, null, b.processor,
           b.researched_at, b.written_by
    from given as g
    join icp_job_titles as b using (id)
    where :kind = 'icp_job_titles'
)
select f.*, o.name as org
from found as f
join orgs as o on o.id = f.org_id
where (cast(:prefix as text) is null
       or text_key(f.subject) like text_key(cast(:prefix as text))
       or text_key(f.company_name) like text_key(cast(:prefix as text))
       or f.company_domain like cast(:prefix as text))
  and (cast(:client as text) is null or text_key(f.client_company_name) like text_key(cast(:client as text)))
order by f.position
limit cast(:limit as bigint)

-- name: list_orgs
-- The orgs that briefings may be asked for, by name.
select id, name from orgs order by name, id limit :limit

-- name: history
-- Older research that the briefing :id of :kind replaced, or that came in late, the latest first.
select id, record, researched_at, replaced_at, written_by
from (
    select * from company_intel_briefings_history where :kind = 'company'
    union all
    select * from person_intel_briefings_history where :kind = 'person'
    union all
    select * from icp_job_titles_history where :kind = 'icp_job_titles'
) as h
where briefing_id = :id
order by researched_at desc, id desc
limit :limit

-- name: about
-- Whom the briefing :id of :kind is about, as far as the spine knows them, and the org's name.
select o.name as org, c.id as company_id, p.id as person_id
from (
    select org_id, company_domain, null as person_linkedin_url
    from company_intel_briefings
    where :kind = 'company' and id = :id
    union all
    select org_id, null, person_linkedin_url from person_intel_briefings where :kind = 'person' and id = :id
    union all
    select org_id, company_domain, null from icp_job_titles where :kind = 'icp_job_titles' and id = :id
) as b
join orgs as o on o.id = b.org_id
left join companies as c on c.domain = b.company_domain
left join persons as p on p.linkedin_url = b.person_linkedin_url
