-- Reads the current roles at the chosen companies once, for their titles and for the plan.
insert into held_roles (company_id, role_id, person_id, title, observed_on, source_system)
select r.company_id, r.id, r.person_id, left(r.role_title, 300), r.observed_on, r.source_system
from company_person_roles as r
join evaluated_companies as e using (company_id)
where r.is_current
  and r.role_title is not null
  -- Says what the join says, so that a chunk reads its part of the index, not the whole table.
  and r.company_id between (select min(company_id) from evaluated_companies)
                       and (select max(company_id) from evaluated_companies)
union all
-- Who works at a company that was merged works at the one it was merged into.
select e.company_id, r.id, r.person_id, left(r.role_title, 300), r.observed_on, r.source_system
from evaluated_companies as e
join companies as merged on merged.merged_into_id = e.company_id
join company_person_roles as r on r.company_id = merged.id
where r.is_current and r.role_title is not null
