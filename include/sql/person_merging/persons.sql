-- Merging a person (:merged_id) into another (:survivor_id): what refers to them by their id becomes the survivor's.

-- name: find
-- Persons, with what they are known by.
select id, full_name as name, linkedin_url as known_by, merged_into_id, created_at
from persons where id = any(cast(:ids as bigint[]))

-- name: lock_companies
-- Locks the companies whose contacts these persons are or talk for, in the order of their ids: before the persons.
select id
from companies
where id in (select company_id from contacts where person_id = any(cast(:ids as bigint[])))
   or id in (
       select v.company_id
       from conversations as v
       join contacts as k on k.id = v.contact_id
       where k.person_id = any(cast(:ids as bigint[]))
   )
order by id
for no key update

-- name: lock
-- Locks persons, and those that were merged into them, in the order of their ids.
select id
from persons
where id = any(cast(:ids as bigint[])) or merged_into_id = any(cast(:ids as bigint[]))
order by id
for no key update

-- name: count_dependants
-- By table: how many rows become the survivor's (moved), how many go because the survivor has the same (combined), and how
-- many stay with the person and are found through them (kept).
with contact as (
    select m.id as merged_id, s.id as survivor_id
    from contacts as m
    left join contacts as s on s.person_id = :survivor_id
    where m.person_id = :merged_id
)
select 'company_person_roles' as table_name, count(*) filter (where k.id is null) as moved, count(k.id) as combined,
       0::bigint as kept
from company_person_roles as d
left join company_person_roles as k
    on k.person_id = :survivor_id and k.company_id = d.company_id and k.role_key is not distinct from d.role_key
where d.person_id = :merged_id
union all
select 'contact_channels', count(*) filter (where k.id is null), count(k.id), 0
from contact_channels as d
left join contact_channels as k
    on k.person_id = :survivor_id and k.channel_type = d.channel_type and k.value_key = d.value_key
where d.person_id = :merged_id
union all
select 'signal_execution_entities', count(*) filter (where k.execution_id is null), count(k.execution_id), 0
from signal_execution_entities as d
left join signal_execution_entities as k
    on k.entity_type = 'person' and k.entity_id = :survivor_id and k.execution_id = d.execution_id
where d.entity_type = 'person' and d.entity_id = :merged_id
union all
select 'seat_refusals', count(*) filter (where k.person_id is null), count(k.person_id), 0
from seat_refusals as d
left join seat_refusals as k
    on k.person_id = :survivor_id and k.slot_type = d.slot_type and k.company_id = d.company_id
where d.person_id = :merged_id
union all
select 'contact_promotion_items', count(*) filter (where k.person_id is null), count(k.person_id), 0
from contact_promotion_items as d
left join contact_promotion_items as k on k.person_id = :survivor_id and k.promotion_id = d.promotion_id
where d.person_id = :merged_id
union all
select 'contacts', count(*) filter (where survivor_id is null), count(survivor_id), 0 from contact
union all
select 'conversations', count(*), 0, 0
from conversations where contact_id in (select merged_id from contact where survivor_id is not null)
union all
select 'relationships', count(*) filter (where not is_twin), count(*) filter (where is_twin), 0
from contact
cross join lateral (
    select contact.survivor_id in (r.contact_id_1, r.contact_id_2) or exists (
        select
        from relationships as k
        where least(k.contact_id_1, k.contact_id_2)
              = least(contact.survivor_id, other.id)
          and greatest(k.contact_id_1, k.contact_id_2)
              = greatest(contact.survivor_id, other.id)
    ) as is_twin
    from relationships as r
    cross join lateral (
        select case when r.contact_id_1 = contact.merged_id then r.contact_id_2 else r.contact_id_1 end as id
    ) as other
    where contact.survivor_id is not null and contact.merged_id in (r.contact_id_1, r.contact_id_2)
) as related
union all
select 'touchpoint_participants', count(*) filter (where k.contact_id is null), count(k.contact_id), 0
from contact as c
join touchpoint_participants as d on d.contact_id = c.merged_id
left join touchpoint_participants as k on k.touchpoint_id = d.touchpoint_id and k.contact_id = c.survivor_id
where c.survivor_id is not null
union all
select 'account_recommendations', count(*), 0, 0
from account_recommendations where contact_id in (select merged_id from contact where survivor_id is not null)
union all
select 'job_changes', count(*), 0, 0 from job_changes where person_id = :merged_id
union all
select 'observations', count(*) filter (where k.id is null), count(k.id), 0
from observations as d
left join observations as k on k.person_id = :survivor_id and k.fingerprint = d.fingerprint
where d.person_id = :merged_id
union all
select 'company_slot', 0, 0, count(*)
from company_slot where person_unique_id = (select person_unique_id from persons where id = :merged_id)
union all
select 'person_intel_briefings', 0, 0, count(*)
from person_intel_briefings where person_linkedin_url = (select linkedin_url from persons where id = :merged_id)

-- name: gaps
-- The columns of the survivor that are filled from the other.
select d.name
from persons as s
join persons as m on m.id = :merged_id
cross join lateral (
    values
        ('linkedin_url', s.linkedin_url is null and m.linkedin_url is not null),
        ('first_name', s.first_name is null and m.first_name is not null),
        ('last_name', s.last_name is null and m.last_name is not null),
        ('current_title', s.current_title is null and m.current_title is not null),
        ('location_text', s.location_text is null and m.location_text is not null),
        ('bio', s.bio is null and m.bio is not null)
) as d (name, is_filled)
where s.id = :survivor_id and d.is_filled

-- name: drop_channels
-- Addresses and phones that both have go, and their ids with whether they identify somebody are returned.
delete from contact_channels as d
using contact_channels as k
where d.person_id = :merged_id and k.person_id = :survivor_id and k.channel_type = d.channel_type
  and k.value_key = d.value_key
returning k.id, d.is_identity, d.validation_status

-- name: combine_channel
-- The one that stays identifies the survivor if one of the two identified somebody.
update contact_channels
set is_identity = is_identity or :is_identity,
    validation_status = case
        when validation_status = 'unverified' then :validation_status else validation_status
    end,
    written_by = default
where id = :id
  and (is_identity, validation_status) is distinct from (
      is_identity or :is_identity,
      case when validation_status = 'unverified' then :validation_status else validation_status end
  )

-- name: move_channels
-- The others are the survivor's.
update contact_channels set person_id = :survivor_id where person_id = :merged_id

-- name: drop_refusals
-- Who was refused for a seat as both is refused once.
delete from seat_refusals as d
using seat_refusals as k
where d.person_id = :merged_id and k.person_id = :survivor_id and k.slot_type = d.slot_type
  and k.company_id = d.company_id

-- name: move_refusals
-- The others refuse the survivor.
update seat_refusals set person_id = :survivor_id where person_id = :merged_id

-- name: drop_promotion_items
-- In a promotion that lists both the survivor stays.
delete from contact_promotion_items as d
using contact_promotion_items as k
where d.person_id = :merged_id and k.person_id = :survivor_id and k.promotion_id = d.promotion_id

-- name: move_promotion_items
-- The others list the survivor.
update contact_promotion_items set person_id = :survivor_id where person_id = :merged_id

-- name: move_job_changes
-- Changes of jobs are the survivor's.
update job_changes set person_id = :survivor_id where person_id = :merged_id

-- name: drop_observations
-- What was seen of both is seen once.
delete from observations as d
using observations as k
where d.person_id = :merged_id and k.person_id = :survivor_id and k.fingerprint = d.fingerprint

-- name: move_observations
-- The others are of the survivor.
update observations set person_id = :survivor_id where person_id = :merged_id

-- name: survivor_values
-- What the survivor will say, as JSON: what is not known of them is taken from the other, what is known stays.
select jsonb_build_object(
    'first_name', coalesce(s.first_name, m.first_name),
    'last_name', coalesce(s.last_name, m.last_name),
    'linkedin_url', coalesce(s.linkedin_url, m.linkedin_url),
    'linkedin_recorded_at', case
        when s.linkedin_url is null and m.linkedin_url is not null
            then coalesce(m.linkedin_recorded_at, greatest(m.created_at, s.created_at))
        else s.linkedin_recorded_at
    end,
    'current_title', coalesce(s.current_title, m.current_title),
    'seniority', case when s.current_title is null then coalesce(m.seniority, s.seniority) else s.seniority end,
    'title_observed_on', case
        when s.current_title is null then coalesce(m.title_observed_on, s.title_observed_on)
        else s.title_observed_on
    end,
    'location_text', coalesce(s.location_text, m.location_text),
    'bio', coalesce(s.bio, m.bio)
)
from persons as s
join persons as m on m.id = :merged_id
where s.id = :survivor_id

-- name: redirect
-- The person leads to the survivor, and so do those who were merged into them. A profile that the survivor does not have
-- goes there.
update persons as p
set merged_into_id = :survivor_id,
    linkedin_url = case
        when p.id = :merged_id and exists (select from persons as s where s.id = :survivor_id and s.linkedin_url is null)
            then null
        else p.linkedin_url
    end,
    updated_at = now(), written_by = default
where p.id = :merged_id or p.merged_into_id = :merged_id

-- name: fill_survivor
-- Fills the survivor with :values, as survivor_values gave them.
update persons as p
set first_name = n.first_name, last_name = n.last_name, linkedin_url = n.linkedin_url,
    linkedin_recorded_at = n.linkedin_recorded_at, current_title = n.current_title, seniority = n.seniority,
    title_observed_on = n.title_observed_on, location_text = n.location_text, bio = n.bio, updated_at = now(),
    written_by = default
from persons as o
cross join lateral jsonb_populate_record(o, cast(:values as jsonb)) as n
where o.id = :survivor_id and p.id = o.id and o.* is distinct from n.*
