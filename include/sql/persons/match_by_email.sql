-- Persons known by a personal e-mail - unless both sides carry LinkedIn URLs, which then differ: two people. Of several
-- profiles that come along, a person without one takes the first, and a profile goes to one person only: the rest look
-- again.
with known as (
    select
        s.ordinal,
        s.linkedin_url,
        p.id as person_id,
        row_number() over (partition by p.id order by s.ordinal) as turn_for_person,
        row_number() over (partition by s.linkedin_url order by s.ordinal) as turn_for_profile
    from staged_persons as s
    join contact_channels as channel
        on channel.channel_type = 'email' and channel.is_identity and channel.value_key = s.email
    join persons as named on named.id = channel.person_id
    join persons as p on p.id = coalesce(named.merged_into_id, named.id)
    where s.wave = :wave
      and s.person_id is null
      and s.email_is_identity
      and (s.linkedin_url is null or p.linkedin_url is null)
)
update staged_persons as s
set person_id = known.person_id
from known
where s.ordinal = known.ordinal
  and (known.linkedin_url is null or (known.turn_for_person = 1 and known.turn_for_profile = 1))
