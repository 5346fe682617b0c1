-- Creating and changing contacts.

-- name: lock_companies
-- Locks companies, so that their counts and their primary contacts stay until the transaction ends.
select id from companies where id = any(cast(:ids as bigint[])) order by id for no key update

-- name: lock_contact
-- Locks a contact, and with it the primary contact of :company_id, if that is given.
select id
from contacts
where id = :id or (company_id = cast(:company_id as bigint) and is_primary_contact)
order by id
for no key update

-- name: where_is
-- Where a contact is, and who it is, as of now; one whose person was merged leads to that of the one they were merged
-- into, if both have one.
select k.id, k.company_id, k.person_id
from contacts as own
join persons as p on p.id = own.person_id
left join contacts as kept on kept.person_id = p.merged_into_id
join contacts as k on k.id = coalesce(kept.id, own.id)
where own.id = :id

-- name: holder_of_address
-- Who is the contact with this address, and if the person is known by it.
select p.id as person_id, p.name_key,
       exists (
           select from contact_channels as h
           where h.person_id = p.id and h.channel_type = 'email' and h.value_key = c.email
       ) as is_known_by_it
from contacts as c
join persons as p on p.id = c.person_id
where c.email = :email

-- name: lock_known
-- Locks the contact that a person is, and the one that has the address.
select id, person_id, company_id, email, is_primary_contact
from contacts
where person_id = :person_id or email = :email
order by id
for no key update

-- name: other_primary
-- The primary contact of a company, if it is another one than this.
select id from contacts where company_id = :company_id and is_primary_contact and id is distinct from cast(:id as uuid)

-- name: insert_contact
-- A new contact from :contact, a JSON object. Seniority and decision power are those of the person's title and roles,
-- unless they are given. Nothing when somebody else was faster.
insert into contacts (
    person_id, company_id, email, role, department, seniority_level, twitter_url, personal_website, interests,
    communication_preferences, research_data, status, is_primary_contact, is_decision_maker, is_champion,
    last_researched_at, source_system
)
select p.id, g.company_id, g.email, g.role, g.department,
       coalesce(g.seniority_level, cast(:levels as jsonb) ->> p.seniority), g.twitter_url,
       g.personal_website, g.interests, g.communication_preferences, g.research_data, g.status, g.is_primary_contact,
       coalesce(
           g.is_decision_maker,
           (
               select bool_or(r.is_decision_maker)
               from company_person_roles as r
               where r.person_id = p.id and r.company_id = g.company_id and r.is_current
           ),
           p.seniority in ('C-Suite', 'VP', 'Director'),
           false
       ),
       g.is_champion, g.last_researched_at, g.source_system
from persons as p
cross join json_to_record(cast(:contact as json)) as g (
    company_id bigint, email text, role text, department text, seniority_level text, twitter_url text,
    personal_website text, interests jsonb, communication_preferences jsonb, research_data jsonb, status text,
    is_primary_contact boolean, is_decision_maker boolean, is_champion boolean, last_researched_at timestamptz,
    source_system text
)
where p.id = :person_id
on conflict do nothing
returning id

-- name: fill_contact
-- Fills what is unknown of a contact from :contact, a JSON object; what is known stays, also single preferences. A flag
-- that nobody set, and that a contact is active, says nothing yet; who wants no mail wants none whatever else is known.
update contacts as c
set company_id = n.company_id, email = n.email, role = n.role, department = n.department,
    seniority_level = n.seniority_level, twitter_url = n.twitter_url, personal_website = n.personal_website,
    interests = n.interests, communication_preferences = n.communication_preferences, research_data = n.research_data,
    status = n.status, is_primary_contact = n.is_primary_contact, is_decision_maker = n.is_decision_maker,
    is_champion = n.is_champion, last_researched_at = n.last_researched_at, written_by = default
from contacts as o
join persons as p on p.id = o.person_id
cross join json_to_record(cast(:contact as json)) as g (
    company_id bigint, email text, role text, department text, seniority_level text, twitter_url text,
    personal_website text, interests jsonb, communication_preferences jsonb, research_data jsonb, status text,
    is_primary_contact boolean, is_decision_maker boolean, is_champion boolean, last_researched_at timestamptz
)
cross join lateral (
    select coalesce(o.company_id, g.company_id) as company_id,
           coalesce(
               o.email,
               -- Whoever still knows an address of a company that was left does not bring it back.
               case
                   when not exists (
                       select from contact_channels as h
                       where h.person_id = o.person_id and h.channel_type = 'email' and h.value_key = g.email
                         and h.validation_status = 'stale'
                   )
                       then g.email
               end
           ) as email,
           coalesce(o.role, g.role) as role,
           coalesce(o.department, g.department) as department,
           coalesce(o.seniority_level, g.seniority_level, cast(:levels as jsonb) ->> p.seniority) as seniority_level,
           coalesce(o.twitter_url, g.twitter_url) as twitter_url,
           coalesce(o.personal_website, g.personal_website) as personal_website,
           case when o.interests = '[]' then g.interests else o.interests end as interests,
           g.communication_preferences || o.communication_preferences as communication_preferences,
           g.research_data || o.research_data as research_data,
           case when o.status = 'active' or g.status = 'unsubscribed' then g.status else o.status end as status,
           o.is_primary_contact or g.is_primary_contact as is_primary_contact,
           o.is_decision_maker or coalesce(g.is_decision_maker, false) as is_decision_maker,
           o.is_champion or g.is_champion as is_champion,
           coalesce(o.last_researched_at, g.last_researched_at) as last_researched_at
) as n
where o.id = :id
  and c.id = o.id
  and (o.company_id, o.email, o.role, o.department, o.seniority_level, o.twitter_url, o.personal_website, o.interests,
       o.communication_preferences, o.research_data, o.status, o.is_primary_contact, o.is_decision_maker,
       o.is_champion, o.last_researched_at)
      is distinct from
      (n.company_id, n.email, n.role, n.department, n.seniority_level, n.twitter_url, n.personal_website, n.interests,
       n.communication_preferences, n.research_data, n.status, n.is_primary_contact, n.is_decision_maker,
       n.is_champion, n.last_researched_at)

-- name: update_contact
-- Gives columns of a contact new values: :changes, a JSON object.
update contacts as c
set company_id = n.company_id, email = n.email, role = n.role, department = n.department,
    seniority_level = n.seniority_level, twitter_url = n.twitter_url, personal_website = n.personal_website,
    interests = n.interests, communication_preferences = n.communication_preferences, research_data = n.research_data,
    status = n.status, is_primary_contact = n.is_primary_contact, is_decision_maker = n.is_decision_maker,
    is_champion = n.is_champion, last_researched_at = n.last_researched_at, written_by = default
from contacts as o
cross join lateral jsonb_populate_record(o, cast(:changes as jsonb)) as n
where o.id = :id and c.id = o.id and o.* is distinct from n.*

-- name: touch_contact
-- Notes that something of a contact changed that is kept with the person.
update contacts set updated_at = now(), written_by = default where id = :id

-- name: make_primary
-- Makes a contact the primary one of its company, in the place of the one that was. The old one first: at no time may
-- there be two.
with replaced as (
    update contacts
    set is_primary_contact = false, written_by = default
    where company_id = :company_id and is_primary_contact and id <> :id
    returning id
)
update contacts
set is_primary_contact = true, written_by = default
where id = :id and not is_primary_contact and (select count(*) from replaced) >= 0
