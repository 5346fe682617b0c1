-- Persons of that name at that company: the only one, or the one without a profile of his own. Two people of one name
-- at one company who both have profiles cannot be told apart by name, so then nobody matches. A person without a
-- profile takes the first profile that comes along, never two.
with namesake as (
    select
        s.ordinal,
        s.linkedin_url,
        min(p.id) filter (where p.linkedin_url is null) as without_profile,
        min(p.id) as any_id,
        count(distinct p.id) as persons
    from staged_persons as s
    join company_person_roles as r on r.company_id = s.company_id
    join persons as p on p.id = r.person_id and p.name_key = s.name_key and p.merged_into_id is null
    where s.person_id is null and (s.linkedin_url is null or p.linkedin_url is null)
    group by s.ordinal, s.linkedin_url
),
known as (
    select ordinal, linkedin_url, coalesce(without_profile, any_id) as person_id,
           first_value(linkedin_url) over (
               partition by coalesce(without_profile, any_id) order by (linkedin_url is null), ordinal
           ) as profile
    from namesake
    where without_profile is not null or persons = 1
)
update staged_persons as s
set person_id = known.person_id
from known
where s.ordinal = known.ordinal and (known.linkedin_url is null or known.linkedin_url = known.profile)
