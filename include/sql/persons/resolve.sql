-- Who the staged persons are, in three waves: 1 by LinkedIn URL, 2 by personal e-mail, 3 by name at a company.

-- name: unmatched
-- How many mentions of this wave have no person yet.
select count(*) from staged_persons where wave = :wave and person_id is null

-- name: match_by_linkedin
-- Persons known by their LinkedIn URL; a merged person leads to the one it was merged into.
update staged_persons as s
set person_id = coalesce(p.merged_into_id, p.id)
from persons as p
where s.person_id is null and p.linkedin_url = s.linkedin_url

-- name: unjudged_names
-- Names of this wave that came with the address of somebody of another name, and have not been compared with it yet.
-- An address that more people share has no owner: only the first of them are looked at.
select distinct s.name_key, named.name_key as other_key, p.name_key as merged_key
from staged_persons as s
cross join lateral (
    select person_id
    from contact_channels
    where channel_type = 'email' and is_identity and value_key = s.email
    union all
    (
        select person_id
        from contact_channels
        where channel_type = 'email' and not is_identity and value_key = s.email
        order by id
        limit 20
    )
) as channel
join persons as named on named.id = channel.person_id
join persons as p on p.id = coalesce(named.merged_into_id, named.id)
where s.wave = :wave
  and s.person_id is null
  and s.email_is_identity
  and named.name_key <> s.name_key
  and not exists (
      select from judged_names as j where j.name_key = s.name_key and j.other_key = named.name_key
  )

-- name: match_by_email
-- Persons known by a personal e-mail - if the names are alike, and unless both sides carry LinkedIn URLs, which then
-- differ: two people. Of several who came with the address, the first. Of several new profiles, a person without one
-- takes the first, and a profile goes to one person only: the others are matched again.
with candidate as (
    select distinct on (s.ordinal)
        s.ordinal,
        s.linkedin_url,
        p.id as person_id
    from staged_persons as s
    cross join lateral (
        select id, person_id
        from contact_channels
        where channel_type = 'email' and is_identity and value_key = s.email
        union all
        select id, person_id
        from contact_channels
        where channel_type = 'email' and not is_identity and value_key = s.email
    ) as channel
    join persons as named on named.id = channel.person_id
    join persons as p on p.id = coalesce(named.merged_into_id, named.id)
    where s.wave = :wave
      and s.person_id is null
      and s.email_is_identity
      and (s.linkedin_url is null or p.linkedin_url is null)
      and (
          named.name_key = s.name_key
          or exists (
              select
              from judged_names as j
              where j.name_key = s.name_key and j.other_key = named.name_key and j.are_alike
          )
      )
    order by s.ordinal, channel.id
),
known as (
    select
        *,
        row_number() over (partition by person_id order by ordinal) as turn_for_person,
        row_number() over (partition by linkedin_url order by ordinal) as turn_for_profile
    from candidate
)
update staged_persons as s
set person_id = known.person_id
from known
where s.ordinal = known.ordinal
  and (known.linkedin_url is null or (known.turn_for_person = 1 and known.turn_for_profile = 1))

-- name: match_by_name
-- Persons of that name at that company, also as whom they were merged into; of several, the one known there longest, so
-- that the same mention means the same person tomorrow. Two profiles are two people. Of several new profiles, a person without one takes the
-- first, and a profile or e-mail goes to one person only: the others are matched again.
with namesake as (
    select distinct on (s.ordinal)
        s.ordinal,
        s.linkedin_url,
        coalesce(s.linkedin_url, case when s.email_is_identity then s.email end) as identity,
        p.id as person_id
    from staged_persons as s
    -- Namesakes first, whatever the planner believes: a company may have many people, a name has few.
    cross join lateral (select id, merged_into_id from persons where name_key = s.name_key offset 0) as named
    join company_person_roles as r
        on r.company_id = s.company_id and r.person_id in (named.id, named.merged_into_id)
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

-- name: adopt_profile
-- Gives a person found by e-mail or name the LinkedIn URL of the mention, before anybody else can be matched to it.
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
),
adopted as (
    update persons as p
    set linkedin_url = claim.linkedin_url, updated_at = now(), written_by = default
    from claim
    join without_profile on without_profile.id = claim.person_id
    where p.id = claim.person_id
    returning p.id
)
-- Roles say more of somebody who is known.
insert into changed_roles (role_id, company_id, person_id, role_key)
select r.id, r.company_id, r.person_id, r.role_key
from adopted
join company_person_roles as r on r.person_id = adopted.id

-- name: insert_by_linkedin
-- New persons with a LinkedIn URL, one per URL, in the order they were named.
with first as materialized (
    select distinct on (linkedin_url) *
    from staged_persons
    where wave = 1 and person_id is null
    order by linkedin_url, ordinal
),
created as (
    insert into persons (full_name, name_key, first_name, last_name, linkedin_url, current_title, seniority,
                         title_observed_on, location_text, bio, source_system)
    select full_name, name_key, first_name, last_name, linkedin_url, title, seniority, observed_on, location_text, bio,
           :source_system
    from first
    order by ordinal
    returning id, linkedin_url
)
update staged_persons as s
set person_id = created.id, is_new = true, is_source = (s.ordinal = first.ordinal)
from created
join first using (linkedin_url)
where s.linkedin_url = created.linkedin_url and s.person_id is null

-- name: insert_by_email
-- New persons without a LinkedIn URL but with a personal e-mail, one per address and like names. Namesakes at one
-- company come one after the other: the second may be the first one with another address. The id is drawn first,
-- because the e-mail that tells the new rows apart lives in another table.
with first as materialized (
    select *, nextval(pg_get_serial_sequence('persons', 'id')) as new_id
    from (
        select
            *,
            row_number() over (partition by email, email_name order by ordinal) as turn_for_email,
            row_number() over (partition by company_id, name_key order by ordinal) as turn_for_name
        from staged_persons
        where wave = 2 and person_id is null
    ) as turns
    where turn_for_email = 1 and (turn_for_name = 1 or company_id is null)
    order by ordinal
),
created as (
    insert into persons (id, full_name, name_key, first_name, last_name, current_title, seniority,
                         title_observed_on, location_text, bio, source_system)
    overriding system value
    select new_id, full_name, name_key, first_name, last_name, title, seniority, observed_on, location_text, bio,
           :source_system
    from first
)
update staged_persons as s
set person_id = first.new_id, is_new = true, is_source = (s.ordinal = first.ordinal)
from first
where s.wave = 2 and s.email = first.email and s.email_name = first.email_name and s.person_id is null

-- name: insert_by_name
-- New persons known by name at a company only, one per name key and company.
with first as materialized (
    select *, nextval(pg_get_serial_sequence('persons', 'id')) as new_id
    from (
        select distinct on (company_id, name_key) *
        from staged_persons
        where wave = 3 and person_id is null
        order by company_id, name_key, ordinal
    ) as named
    order by ordinal
),
created as (
    insert into persons (id, full_name, name_key, first_name, last_name, current_title, seniority,
                         title_observed_on, location_text, bio, source_system)
    overriding system value
    select new_id, full_name, name_key, first_name, last_name, title, seniority, observed_on, location_text, bio,
           :source_system
    from first
)
update staged_persons as s
set person_id = first.new_id, is_new = true, is_source = (s.ordinal = first.ordinal)
from first
where s.wave = 3 and s.company_id = first.company_id and s.name_key = first.name_key and s.person_id is null
