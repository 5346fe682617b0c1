-- A newer title at the same company replaces the older one, unless the newer evidence names both.
update company_person_roles as r
set is_current = false, updated_at = now(), written_by = default
from (
    select company_id, person_id, max(observed_on) as seen_on, array_agg(coalesce(role_key, '')) as role_keys
    from staged_persons
    where role_key is not null and company_id is not null
    group by company_id, person_id
) as news
where r.company_id = news.company_id
  and r.person_id = news.person_id
  and r.is_current
  and r.observed_on < news.seen_on
  and coalesce(r.role_key, '') <> all (news.role_keys)
