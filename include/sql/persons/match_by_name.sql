-- Persons of that name at that company; of several, the one known there longest, so that the same mention means the
-- same person tomorrow. Two profiles are two people. Of several profiles that come along, a person without one takes
-- the first, and a profile or e-mail goes to one person only: the rest look again.
with namesake as (
    select distinct on (s.ordinal)
        s.ordinal,
        s.linkedin_url,
        coalesce(s.linkedin_url, case when s.email_is_identity then s.email end) as identity,
        p.id as person_id
    from staged_persons as s
    -- Namesakes first, whatever the planner believes: a company may have many people, a name has few.
    cross join lateral (select id, merged_into_id from persons where name_key = s.name_key offset 0) as named
    join company_person_roles as r on r.company_id = s.company_id and r.person_id = named.id
    join persons as p on p.id = coalesce(named.merged_into_id, named.id)
    where s.wave = :wave
      and s.person_id is null
      and (s.linkedin_url is null or p.linkedin_url is null)
    order by s.ordinal, r.id
),
known as (
    select
        ordinal,
        linkedin_url,
        identity,
        person_id,
        row_number() over (partition by person_id order by ordinal) as turn_for_person,
        row_number() over (partition by identity order by ordinal) as turn_for_identity
    from namesake
)
update staged_persons as s
set person_id = known.person_id
from known
where s.ordinal = known.ordinal
  and (known.identity is null or known.turn_for_identity = 1)
  and (known.linkedin_url is null or known.turn_for_person = 1)
