-- Who works at the company with this domain now, one title each: decision makers first.
select distinct on (p.id)
    p.full_name, p.linkedin_url, coalesce(r.role_title, p.current_title) as title, c.name as company_name, c.domain,
    r.is_decision_maker, r.observed_on, p.id as person_id
from companies as c
join company_person_roles as r on r.company_id = c.id and r.is_current
join persons as p on p.id = r.person_id and p.merged_into_id is null
where c.domain = :domain
  and c.merged_into_id is null
order by p.id, r.is_decision_maker desc, r.observed_on desc nulls last, r.id
