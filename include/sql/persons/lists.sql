-- Persons as pages list them, and all that is known of one. A filter that is null is none.

-- name: list_candidates
-- Persons in the :sorting of a list (name, newest), after the one whose keys the parameters after_... say. Only filters
-- that indexes answer: the values are known when this is planned, so that what a filter or an order does not need falls
-- away, and the rest is read from an index.
select p.id, p.name_key, p.created_at
from persons as p
where p.merged_into_id is null
  and (cast(:after_name as text) is null
       or (p.name_key ~>=~ cast(:after_name as text)
           and (p.name_key ~>~ cast(:after_name as text) or p.id > cast(:after_id as bigint))))
  and (cast(:after_moment as timestamptz) is null
       or (p.created_at, p.id) < (cast(:after_moment as timestamptz), cast(:after_id as bigint)))
  and (cast(:prefix as text) is null or p.name_key like cast(:prefix as text))
  and (cast(:linkedin_url as text) is null or p.linkedin_url = cast(:linkedin_url as text))
  and (cast(:email as text) is null or p.id = any(array(
           select person_id
           from contact_channels
           where channel_type = 'email' and is_identity and value_key = cast(:email as text)
           union all
           select person_id
           from contact_channels
           where channel_type = 'email' and not is_identity and value_key = cast(:email as text)
       )))
  and (cast(:company_id as bigint) is null or p.id = any(array(
           select coalesce(o.merged_into_id, o.id)
           from company_person_roles as r
           join persons as o on o.id = r.person_id
           where r.company_id = cast(:company_id as bigint)
       )))
  and (cast(:signal_id as uuid) is null or p.id = any(array(
           select n.entity_id
           from signal_executions as x
           join signal_execution_entities as n on n.execution_id = x.id and n.entity_type = 'person'
           where x.signal_id = cast(:signal_id as uuid)
       )))
order by case when cast(:sorting as text) = 'name' then p.name_key end using ~<~,
         case when cast(:sorting as text) = 'name' then p.id end,
         case when cast(:sorting as text) = 'newest' then p.created_at end desc,
         case when cast(:sorting as text) = 'newest' then p.id end desc
limit cast(:limit as bigint)

-- name: count_candidates
-- How many persons the narrowest of the filters has that an index answers, counted as far as :limit. Those of an address or
-- a company are not counted: they are always few.
select least(
    case when cast(:prefix as text) is not null then (
        select count(*) from (select from persons where name_key like cast(:prefix as text) limit :limit) as named
    ) end,
    case when coalesce(cast(:email as text), cast(:linkedin_url as text), cast(:company_id as text)) is not null then 0 end,
    case when cast(:signal_id as uuid) is not null then (
        select count(*)
        from (
            select
            from signal_executions as x
            join signal_execution_entities as n on n.execution_id = x.id and n.entity_type = 'person'
            where x.signal_id = cast(:signal_id as uuid)
            limit :limit
        ) as found
    ) end
)

-- name: list_rows
-- The persons of :ids, in their order, that pass all filters which can be asked of each: title, seniority, seat, the day of
-- evidence, the country of the company, how the name begins, the signal. With the role that counts: the one at :company_id
-- if that is given, else a current one, one that nobody doubts, the latest.
with wanted as (
    select given.position, p.id, p.person_unique_id, p.full_name, p.current_title, p.seniority, p.linkedin_url,
           p.created_at, role.company_id, role.role_title, role.observed_on, role.standing, m.name as company,
           m.domain, m.country, seat.seats
    from unnest(cast(:ids as bigint[])) with ordinality as given (id, position)
    join persons as p on p.id = given.id
    left join lateral (
        select r.company_id, r.role_title, r.observed_on,
               role_standing(r.is_current, r.is_doubted, r.observed_on) as standing
        from company_person_roles as r
        where r.person_id = p.id
        order by r.company_id is not distinct from cast(:company_id as bigint) desc, r.is_current desc, r.is_doubted,
                 r.observed_on desc nulls last, r.id
        limit 1
    ) as role on true
    left join companies as c on c.id = role.company_id
    left join companies as m on m.id = coalesce(c.merged_into_id, c.id)
    cross join lateral (
        select array(
            select s.slot_type from company_slot as s where s.person_unique_id = p.person_unique_id order by s.slot_type
        ) as seats
    ) as seat
    where (cast(:title as text) is null
           or p.current_title ilike cast(:title as text) or role.role_title ilike cast(:title as text))
      and (cast(:seniority as text) is null or p.seniority = cast(:seniority as text))
      and (cast(:slot_type as text) is null or cast(:slot_type as text) = any(seat.seats))
      and (cast(:seen_since as date) is null or role.observed_on >= cast(:seen_since as date))
      and (cast(:country as text) is null or m.country = cast(:country as text))
      and (cast(:prefix as text) is null or p.name_key like cast(:prefix as text))
      and (cast(:signal_id as uuid) is null
           or (select true
               from signal_execution_entities as n
               join signal_executions as x on x.id = n.execution_id
               where n.entity_type = 'person' and n.entity_id = p.id and x.signal_id = cast(:signal_id as uuid)
               limit 1))
    order by given.position
    limit cast(:limit as bigint)
)
select w.*, email.value as email, email.validation_status as email_status, phone.value as phone
from wanted as w
left join lateral (
    select h.value, h.validation_status
    from contact_channels as h
    where h.person_id = w.id and h.channel_type = 'email'
    order by h.is_identity desc, h.id desc
    limit 1
) as email on true
left join lateral (
    select h.value
    from contact_channels as h
    where h.person_id = w.id and h.channel_type = 'phone'
    order by h.id desc
    limit 1
) as phone on true
order by w.position

-- name: facts
-- The person of an id, themselves even when they were merged.
select * from persons where id = :person_id

-- name: facts_roles
-- Where the person works and worked, current roles first, then by day of evidence.
select m.id as company_id, m.name as company, r.role_title, r.role_category, r.seniority, r.is_decision_maker,
       r.observed_on, role_standing(r.is_current, r.is_doubted, r.observed_on) as standing, r.ended_on,
       r.ended_because, r.target_function, r.target_match, r.source_system, r.written_by
from company_person_roles as r
join companies as o on o.id = r.company_id
join companies as m on m.id = coalesce(o.merged_into_id, o.id)
where r.person_id = :person_id
order by r.is_current desc, r.is_doubted, r.observed_on desc nulls last, r.id
limit :limit

-- name: facts_channels
-- How to reach the person.
select channel_type, value, is_identity, validation_status, written_by, created_at
from contact_channels
where person_id = :person_id
order by channel_type, is_identity desc, id
limit :limit

-- name: facts_seats
-- The seats that the person holds.
select s.slot_type, s.status, s.confidence_score, s.filled_at, s.filled_by, s.is_weak, s.source_system, s.written_by,
       c.id as company_id, c.name as company
from company_slot as s
join companies as c on c.company_unique_id = s.company_unique_id
where s.person_unique_id = :person_unique_id
order by s.filled_at desc nulls last, s.slot_type
limit :limit

-- name: facts_contact
-- The person as a contact.
select p.*, c.name as company
from contacts as k
join contact_profiles as p on p.id = k.id
left join companies as c on c.id = k.company_id
where k.person_id = :person_id

-- name: facts_sources
-- The pages that facts about the person are from, the latest seen first.
select field, value, source_url, source_date, evidence, is_verified, seen_on, call_id, written_by,
       null as signal_type
from observations
where person_id = :person_id
order by seen_on desc, id desc
limit :limit

-- name: facts_signals
-- The executions of signals that found the person, the latest first.
select g.id as signal_id, g.name, g.type, x.started_at, x.status, x.airflow_run_id, n.is_new, n.written_by
from signal_execution_entities as n
join signal_executions as x on x.id = n.execution_id
join signals as g on g.id = x.signal_id
where n.entity_type = 'person' and n.entity_id = :person_id
order by x.started_at desc, x.id
limit :limit

-- name: facts_briefings
-- Research on the person, by their LinkedIn address: of any client and org, the latest first.
select b.id, 'person' as kind, o.name as org, b.client_company_name, b.person_current_company_name, b.processor,
       b.researched_at, b.written_by
from person_intel_briefings as b
join orgs as o on o.id = b.org_id
where b.person_linkedin_url = :linkedin_url
order by b.researched_at desc, b.id
limit :limit
