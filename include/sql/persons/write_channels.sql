-- E-mail and phone of the persons found so far. An address that already identifies somebody else is kept as a
-- channel but identifies nobody new; of two newcomers with one address the first owns it.
with channel as (
    select distinct on (person_id, channel_type, value_key) *
    from (
        select ordinal, person_id, 'email' as channel_type, email as value, email as value_key,
               email_is_identity as is_identity
        from staged_persons
        where wave = :wave and email is not null and person_id is not null
        union all
        select ordinal, person_id, 'phone', phone, phone_key, false
        from staged_persons
        where wave = :wave and phone_key is not null and person_id is not null
    ) as named
    order by person_id, channel_type, value_key, ordinal
)
insert into contact_channels (person_id, channel_type, value, value_key, is_identity)
select person_id, channel_type, value, value_key,
       is_identity
       and row_number() over (partition by channel_type, value_key order by ordinal) = 1
       and not exists (
           select from contact_channels as owned
           where owned.channel_type = channel.channel_type and owned.value_key = channel.value_key and owned.is_identity
       )
from channel
on conflict (person_id, channel_type, value_key) do nothing
