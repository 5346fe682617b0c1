-- Persons of that name at that company: first the one without a profile, else the one known longest, so that the same
-- mention means the same person tomorrow. Two profiles are two people; a person without a profile takes the first
-- profile that comes along, never two.
with namesake as (
    select
        s.ordinal,
        s.linkedin_url,
        coalesce(min(p.id) filter (where p.linkedin_url is null), min(p.id)) as person_id
    from staged_persons as s
    join company_person_roles as r on r.company_id = s.company_id
    join persons as p on p.id = r.person_id and p.name_key = s.name_key and p.merged_into_id is null
    where s.person_id is null and (s.linkedin_url is null or p.linkedin_url is null)
    group by s.ordinal, s.linkedin_url
),
known as (
    select ordinal, linkedin_url, person_id,
           first_value(linkedin_url) over (
               partition by person_id order by (linkedin_url is null), ordinal
           ) as profile
    from namesake
)
update staged_persons as s
set person_id = known.person_id
from known
where s.ordinal = known.ordinal and (known.linkedin_url is null or known.linkedin_url = known.profile)
