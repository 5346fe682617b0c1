-- Who is meant, and everything they are recognised by.

-- name: find_persons
-- The persons that what is given leads to, each with the one it was merged into.
select 'person' as given, coalesce(p.merged_into_id, p.id) as person_id
from persons as p
where p.id = :person_id
union
select 'contact', coalesce(p.merged_into_id, p.id)
from contacts as c
join persons as p on p.id = c.person_id
where c.id = :contact_id
union
select 'email', coalesce(p.merged_into_id, p.id)
from contact_channels as h
join persons as p on p.id = h.person_id
where h.channel_type = 'email' and h.is_identity and h.value_key = :email
union
select 'email', coalesce(p.merged_into_id, p.id)
from contacts as c
join persons as p on p.id = c.person_id
where c.email = :email
union
select 'linkedin_url', coalesce(p.merged_into_id, p.id)
from persons as p
where p.linkedin_url = :linkedin_url

-- name: known_of_person
-- What is known of a person and of those that were merged into it. An address that identifies somebody else, and a
-- phone that others have too, are not the person's alone.
with one as materialized (
    select * from persons where :person_id in (id, merged_into_id)
)
select
    array(select id from one order by merged_into_id nulls first, id) as ids,
    array(select distinct full_name from one) as names,
    array(select distinct name_key from one) as name_keys,
    array(select distinct linkedin_url from one where linkedin_url is not null) as profiles,
    array(
        select h.value_key
        from contact_channels as h
        where h.person_id in (select id from one)
          and h.channel_type = 'email'
          and (
              h.is_identity
              or not exists (
                  select from contact_channels as o
                  where o.channel_type = 'email' and o.is_identity and o.value_key = h.value_key
                    and o.person_id not in (select id from one)
              )
          )
        union
        select c.email from contacts as c where c.person_id in (select id from one) and c.email is not null
    ) as emails,
    array(
        select distinct h.value_key
        from contact_channels as h
        where h.person_id in (select id from one)
          and h.channel_type = 'phone'
          and not exists (
              select from contact_channels as o
              where o.channel_type = 'phone' and o.value_key = h.value_key and o.person_id not in (select id from one)
          )
    ) as phones,
    array(
        select c.id
        from companies as c
        where c.id in (select company_id from company_person_roles where person_id in (select id from one))
           or c.id in (select company_id from contacts where person_id in (select id from one))
        union
        select c.merged_into_id
        from companies as c
        where c.id in (select company_id from company_person_roles where person_id in (select id from one))
          and c.merged_into_id is not null
    ) as company_ids

-- name: names_elsewhere
-- What somebody is called in research and in the queue, by profile or e-mail.
select b.person_full_name as name
from person_intel_briefings as b
where b.person_linkedin_url = any(cast(:profiles as text[]))
union
select i.full_name
from intake.people_raw_intake as i
where i.full_name is not null
  and (i.linkedin_url = any(cast(:profiles as text[])) or lower(i.email) = any(cast(:emails as text[])))

-- name: namesakes
-- Everybody else of these names.
select id from persons where name_key = any(cast(:name_keys as text[])) and id <> all(cast(:ids as bigint[]))
