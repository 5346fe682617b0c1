-- Persons known by a personal e-mail - unless both sides carry LinkedIn URLs, which then differ: two people. A person
-- without a profile takes the first profile that comes along, never two.
with known as (
    select s.ordinal, s.linkedin_url, coalesce(p.merged_into_id, p.id) as person_id,
           first_value(s.linkedin_url) over (
               partition by p.id order by (s.linkedin_url is null), s.ordinal
           ) as profile
    from staged_persons as s
    join contact_channels as channel
        on channel.channel_type = 'email' and channel.is_identity and channel.value_key = s.email
    join persons as p on p.id = channel.person_id
    where s.person_id is null
      and s.email_is_identity
      and (s.linkedin_url is null or p.linkedin_url is null)
)
update staged_persons as s
set person_id = known.person_id
from known
where s.ordinal = known.ordinal and (known.linkedin_url is null or known.linkedin_url = known.profile)
