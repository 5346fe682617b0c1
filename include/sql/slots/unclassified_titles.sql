-- Titles held now at the chosen companies that the classifier, in its present version, has not read yet.
with member as (
    select company_id as id from evaluated_companies
    union all
    select merged.id from companies as merged join evaluated_companies as e on e.company_id = merged.merged_into_id
)
select distinct left(r.role_title, 300) as title
from member
cross join lateral (
    -- offset 0: company by company, so that a chunk costs the same however many there are.
    select role_title from company_person_roles where company_id = member.id and is_current offset 0
) as r
where r.role_title is not null
  and not exists (select from title_seats as t where t.title = left(r.role_title, 300) and t.rules = :rules)
  and not exists (select from late_titles as t where t.title = left(r.role_title, 300))
order by title
limit :most
