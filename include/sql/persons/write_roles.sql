-- The roles people were seen in. Newer evidence moves observed_on; nothing else of a known role changes.
insert into company_person_roles (
    company_id, person_id, role_title, role_key, role_category, seniority, is_decision_maker, observed_on, source_system
)
select distinct on (company_id, person_id, role_key)
    company_id, person_id, title, role_key, role_category, seniority, is_decision_maker, observed_on, :source_system
from staged_persons
where wave = :wave and company_id is not null and person_id is not null
order by company_id, person_id, role_key, observed_on desc nulls last, ordinal
on conflict (company_id, person_id, role_key) do update
set observed_on = greatest(company_person_roles.observed_on, excluded.observed_on),
    is_current = company_person_roles.is_current
                 or excluded.observed_on > company_person_roles.observed_on,
    written_by = excluded.written_by,
    updated_at = now()
where excluded.observed_on > company_person_roles.observed_on
   or (excluded.observed_on is not null and company_person_roles.observed_on is null)
