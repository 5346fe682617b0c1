-- Changing what is known of the person that a contact is: for everybody, not for the contact alone.

-- name: lock_person
-- Locks a person, so that nobody else changes them until the transaction ends.
select id from persons where id = :person_id for no key update

-- name: rename_person
-- Another name for a person, with the key that goes with it.
update persons
set full_name = :full_name, name_key = :name_key, first_name = :first_name, last_name = :last_name, updated_at = now(),
    written_by = default
where id = :person_id
  and (full_name, name_key, first_name, last_name)
      is distinct from
      (cast(:full_name as text), cast(:name_key as text), cast(:first_name as text), cast(:last_name as text))

-- name: retitle_person
-- The title that a person has today, or none that is known; it replaces another one of today.
update persons
set current_title = :title, seniority = :seniority, title_observed_on = :observed_on, updated_at = now(),
    written_by = default
where id = :person_id
  and (current_title, title_observed_on) is distinct from (cast(:title as text), cast(:observed_on as date))

-- name: write_role
-- The role that a person holds today at a company.
insert into company_person_roles as known (
    company_id, person_id, role_title, role_key, role_category, seniority, is_decision_maker, observed_on, source_system
)
values (
    :company_id, :person_id, :title, :role_key, :role_category, :seniority, :is_decision_maker, :observed_on,
    :source_system
)
on conflict (company_id, person_id, role_key) do update
set is_current = true, ended_on = null, ended_because = null,
    observed_on = greatest(known.observed_on, excluded.observed_on), written_by = excluded.written_by,
    updated_at = now()
where not known.is_current or known.observed_on is null or known.observed_on < excluded.observed_on

-- name: end_other_roles
-- Ends the other roles at the company: a contact has one title. Somebody says so who knows the person: those of days
-- before are over, others, of today or of an unknown day, are wrong.
update company_person_roles
set is_current = false, is_doubted = false, ended_on = :observed_on,
    ended_because = case when observed_on < :observed_on then 'left' else 'corrected' end,
    updated_at = now(), written_by = default
where person_id = :person_id and company_id = :company_id and role_key <> :role_key and is_current
  and (observed_on is null or observed_on <= :observed_on)

-- name: owner_of_profile
-- The person with this LinkedIn profile.
select id from persons where linkedin_url = :linkedin_url

-- name: set_profile
-- Gives a person without a LinkedIn profile this one.
update persons set linkedin_url = :linkedin_url, updated_at = now(), written_by = default
where id = :person_id and linkedin_url is null

-- name: forget_phones
-- Removes a person's phone with this key, or all of them.
delete from contact_channels
where person_id = :person_id and channel_type = 'phone'
  and (cast(:value_key as text) is null or value_key = :value_key)

-- name: add_phone
-- Adds a phone; the one that was added last is the contact's.
insert into contact_channels (person_id, channel_type, value, value_key, is_identity)
values (:person_id, 'phone', :value, :value_key, false)

-- name: add_address
-- Adds an address. It identifies the person, unless it is a shared mailbox or identifies somebody else already.
insert into contact_channels (person_id, channel_type, value, value_key, is_identity)
select :person_id, 'email', :email, :email,
       not :is_shared
       and not exists (
           select from contact_channels where channel_type = 'email' and value_key = :email and is_identity
       )
on conflict do nothing

-- name: record_shared_address
-- Records that a person has the address of somebody else: the two may be one.
insert into merge_candidates (entity_type, left_id, right_id, reason, evidence)
select 'person', least(p.id, o.id), greatest(p.id, o.id),
       case when p.name_key = o.name_key then 'same_email' else 'same_email_different_name' end,
       jsonb_build_object('channel_id', h.id)
from contact_channels as h
join persons as named on named.id = h.person_id
join persons as o on o.id = coalesce(named.merged_into_id, named.id)
join persons as p on p.id = :person_id
where h.channel_type = 'email' and h.value_key = :email and h.is_identity and o.id <> p.id
on conflict (entity_type, left_id, right_id) do nothing
