-- Finding contacts.

-- name: profiles
-- Contacts with what is known of the persons, in the order of their ids in :ids.
select c.id, c.company_id, c.person_id, c.first_name, c.last_name, c.full_name, c.email, c.phone, c.title, c.role,
       c.department, c.seniority_level, c.linkedin_url, c.twitter_url, c.personal_website, c.interests,
       c.communication_preferences, c.research_data, c.engagement_score, c.last_engaged_at, c.total_touchpoints,
       c.status, c.is_primary_contact, c.is_decision_maker, c.is_champion, c.last_researched_at, c.job_changed_at,
       c.created_at, c.updated_at
from unnest(cast(:ids as uuid[])) with ordinality as wanted (id, place)
join contact_profiles as c on c.id = wanted.id
order by wanted.place

-- name: find_current
-- The contacts of these ids (named); those of the persons somebody was merged into, if they were and both have one.
select c.id as named, coalesce(kept.id, c.id) as id
from contacts as c
join persons as p on p.id = c.person_id
left join contacts as kept on kept.person_id = p.merged_into_id
where c.id = any(cast(:ids as uuid[]))

-- name: lock_contacts
-- Locks contacts until the transaction ends, in the order of their ids; those that do not exist are missing.
select id from contacts where id = any(cast(:ids as uuid[])) order by id for no key update

-- name: find_by_email
-- The contact with this address; that of the person somebody was merged into, if they were and both have one.
select coalesce(kept.id, c.id)
from contacts as c
join persons as p on p.id = c.person_id
left join contacts as kept on kept.person_id = p.merged_into_id
where c.email = :email

-- name: find_of_company
-- Contacts of a company and of those merged into it: with a status, in one of some roles, decision makers or primary
-- contacts only, where asked for; by name.
select c.id
from (select coalesce(merged_into_id, id) as id from companies where id = :company_id) as current
join companies as m on m.id = current.id or m.merged_into_id = current.id
join contacts as c on c.company_id = m.id
join persons as p on p.id = c.person_id
where (cast(:status as text) is null or c.status = :status)
  and (cast(:roles as text[]) is null or lower(c.role) = any(:roles))
  and (c.is_decision_maker or not :only_decision_makers)
  and (c.is_primary_contact or not :only_primary)
order by m.merged_into_id is not null, lower(p.full_name), c.id

-- name: search
-- Contacts with these characters in a name or the address, with this address, or called so in another spelling; those
-- whose person was merged into another contact's lead to that one.
select id
from (
    select coalesce(kept.id, c.id) as id, lower(p.full_name) as name,
           case
               when p.full_name ilike :exact or p.first_name ilike :exact or p.last_name ilike :exact
                    or c.email ilike :exact or c.email = :email or p.name_key = :name_key
                   then 1
               when p.full_name ilike :prefix or p.first_name ilike :prefix or p.last_name ilike :prefix
                    or c.email ilike :prefix
                   then 2
               when p.full_name ~* :word or p.first_name ~* :word or p.last_name ~* :word or c.email ~* :word then 3
               else 4
           end as place
    from contacts as c
    join persons as p on p.id = c.person_id
    left join contacts as kept on kept.person_id = p.merged_into_id
    where p.full_name ilike :anywhere or p.first_name ilike :anywhere or p.last_name ilike :anywhere
       or c.email ilike :anywhere or c.email = :email or p.name_key = :name_key
) as named
group by id
order by min(place), min(name), id
limit :limit
