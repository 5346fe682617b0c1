-- A person found by e-mail or name takes the LinkedIn URL of the mention, before anybody else can be matched to it.
with claim as (
    select distinct on (person_id) person_id, linkedin_url
    from staged_persons
    where wave = 1 and person_id is not null
    order by person_id, ordinal
),
without_profile as materialized (
    select p.id
    from persons as p
    join claim on claim.person_id = p.id
    where p.linkedin_url is null
      -- A mention that named a merged person found the profile there.
      and not exists (select from persons as o where o.linkedin_url = claim.linkedin_url)
    order by p.id
    for no key update of p
)
update persons as p
set linkedin_url = claim.linkedin_url, updated_at = now(), written_by = default
from claim
join without_profile on without_profile.id = claim.person_id
where p.id = claim.person_id
