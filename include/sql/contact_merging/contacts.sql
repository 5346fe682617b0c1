-- Contacts of two persons who are merged: the survivor's stays. That of the other (:merged_contact) gives it what it has
-- and remains, without company, so that its id leads to the survivor's (:survivor_contact).

-- name: of_persons
-- The contacts of the two.
select (select id from contacts where person_id = :merged_id) as merged_contact,
       (select id from contacts where person_id = :survivor_id) as survivor_contact

-- name: lock
-- Locks the contacts, in the order of their ids.
select id from contacts where id = any(cast(:ids as uuid[])) order by id for no key update

-- name: move_contact
-- The only contact of the two is the survivor's.
update contacts set person_id = :survivor_id where person_id = :merged_id

-- name: move_conversations
-- What is talked about is talked about with the survivor's.
update conversations set contact_id = :survivor_contact where contact_id = :merged_contact

-- name: drop_relationships
-- Nobody knows themselves, and a pair is there once.
delete from relationships as d
where :merged_contact in (d.contact_id_1, d.contact_id_2)
  and (
      :survivor_contact in (d.contact_id_1, d.contact_id_2)
      or exists (
          select
          from relationships as k
          cross join lateral (
              select case when d.contact_id_1 = :merged_contact then d.contact_id_2 else d.contact_id_1 end as id
          ) as other
          where least(k.contact_id_1, k.contact_id_2) = least(cast(:survivor_contact as uuid), other.id)
            and greatest(k.contact_id_1, k.contact_id_2) = greatest(cast(:survivor_contact as uuid), other.id)
      )
  )

-- name: move_relationships
-- The other relationships are the survivor's.
update relationships
set contact_id_1 = case when contact_id_1 = :merged_contact then :survivor_contact else contact_id_1 end,
    contact_id_2 = case when contact_id_2 = :merged_contact then :survivor_contact else contact_id_2 end
where :merged_contact in (contact_id_1, contact_id_2)

-- name: drop_participants
-- Where both took part the survivor's did.
delete from touchpoint_participants as d
using touchpoint_participants as k
where d.contact_id = :merged_contact and k.contact_id = :survivor_contact and k.touchpoint_id = d.touchpoint_id

-- name: move_participants
-- The survivor's took part in the others.
update touchpoint_participants set contact_id = :survivor_contact where contact_id = :merged_contact

-- name: move_promotion_items
-- Promotions made the survivor's.
update contact_promotion_items set contact_id = :survivor_contact where contact_id = :merged_contact

-- name: move_recommendations
-- Recommendations name the survivor's.
update account_recommendations set contact_id = :survivor_contact where contact_id = :merged_contact

-- name: survivor_values
-- What the survivor's contact will say, as JSON: what it does not know is taken from the other. Who asked one of them not
-- to be written to is not written to; a status that belongs to an address goes with the address.
select jsonb_build_object(
    'company_id', coalesce(s.company_id, m.company_id),
    'company_since', case when s.company_id is null then m.company_since else s.company_since end,
    'email', coalesce(s.email, m.email),
    'role', coalesce(s.role, m.role),
    'department', coalesce(s.department, m.department),
    'seniority_level', coalesce(s.seniority_level, m.seniority_level),
    'twitter_url', coalesce(s.twitter_url, m.twitter_url),
    'personal_website', coalesce(s.personal_website, m.personal_website),
    'interests', case when s.interests = '[]' then m.interests else s.interests end,
    'communication_preferences', m.communication_preferences || s.communication_preferences || case
        when 'true' in (
            m.communication_preferences ->> 'do_not_contact', s.communication_preferences ->> 'do_not_contact'
        )
            then jsonb_build_object('do_not_contact', true)
        else '{}'
    end,
    'research_data', m.research_data || s.research_data,
    'status', case
        when 'unsubscribed' in (m.status, s.status) then 'unsubscribed'
        when s.email is null and m.email is not null then m.status
        else s.status
    end,
    'is_primary_contact', s.is_primary_contact
        or (m.is_primary_contact and coalesce(s.company_id, m.company_id) = m.company_id),
    'is_decision_maker', s.is_decision_maker or m.is_decision_maker,
    'decision_maker_since', coalesce(s.decision_maker_since, m.decision_maker_since),
    'is_champion', s.is_champion or m.is_champion,
    'last_researched_at', coalesce(s.last_researched_at, m.last_researched_at),
    'job_changed_at', coalesce(s.job_changed_at, m.job_changed_at)
)
from contacts as s
join contacts as m on m.id = :merged_contact
where s.id = :survivor_contact

-- name: empty_merged
-- The other contact remains, as nobody's; it keeps an address only if the survivor's has one of its own.
update contacts as c
set company_id = null, status = 'inactive', is_primary_contact = false,
    email = case when s.email is null then null else c.email end,
    written_by = default
from contacts as s
where c.id = :merged_contact and s.id = :survivor_contact

-- name: fill_survivor
-- Fills the survivor's with :values, as survivor_values gave them.
update contacts as c
set company_id = n.company_id, company_since = n.company_since, email = n.email, role = n.role,
    department = n.department, seniority_level = n.seniority_level, twitter_url = n.twitter_url,
    personal_website = n.personal_website, interests = n.interests,
    communication_preferences = n.communication_preferences, research_data = n.research_data, status = n.status,
    is_primary_contact = n.is_primary_contact, is_decision_maker = n.is_decision_maker,
    decision_maker_since = n.decision_maker_since, is_champion = n.is_champion,
    last_researched_at = n.last_researched_at, job_changed_at = n.job_changed_at, updated_at = now(),
    written_by = default
from contacts as o
cross join lateral jsonb_populate_record(o, cast(:values as jsonb)) as n
where o.id = :survivor_contact and c.id = o.id and o.* is distinct from n.*
