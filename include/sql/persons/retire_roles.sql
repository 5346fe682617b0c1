-- A role is over when newer evidence names another title at the same company; whichever of the two came in first.
with touched as (
    select distinct company_id, person_id from staged_persons where company_id is not null
),
latest as (
    select r.company_id, r.person_id, max(r.observed_on) as seen_on
    from company_person_roles as r
    join touched using (company_id, person_id)
    where r.role_key is not null
    group by r.company_id, r.person_id
),
outdated as materialized (
    select r.id
    from company_person_roles as r
    join latest using (company_id, person_id)
    where r.is_current and r.observed_on < latest.seen_on
    order by r.id
    for no key update of r
)
update company_person_roles as r
set is_current = false, updated_at = now(), written_by = default
from outdated
where r.id = outdated.id
