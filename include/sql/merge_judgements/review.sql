-- Pairs in doubt, side by side.

-- name: open_pairs
-- Pairs that nobody has judged, those put off last, a page of :size after :after_put_off and :after_id.
select m.id, m.entity_type, m.left_id, m.right_id, m.reason, m.evidence, m.decided_by, m.decided_at,
       m.decided_at is not null as put_off
from merge_candidates as m
where m.status = 'open' and (cast(:entity_type as text) is null or m.entity_type = :entity_type)
  and (
      cast(:after_id as bigint) is null
      or (m.decided_at is not null, m.id) > (cast(:after_put_off as boolean), cast(:after_id as bigint))
  )
order by m.decided_at is not null, m.id
limit :size

-- name: judged_pairs
-- Pairs that somebody has judged to be two, the latest first.
select m.id, m.entity_type, m.left_id, m.right_id, m.reason, m.decided_by, m.decided_at
from merge_candidates as m
where m.status = 'distinct'
order by m.decided_at desc nulls last, m.id desc
limit :size

-- name: companies_side_by_side
-- What tells companies apart: :ids.
select c.id, c.name, c.domain, c.website_url, c.linkedin_url, c.primary_industry, c.employee_range,
       c.headquarters_location, c.country, c.source_system, c.created_at, c.merged_into_id,
       (select count(*) from company_person_roles as r where r.company_id = c.id) as roles,
       (select count(*) from event_sponsors as s where s.company_id = c.id and not s.is_past_sponsor) as sponsorships,
       (select count(*) from contacts as k where k.company_id = c.id) as contacts,
       (
           select string_agg(e.name, '; ' order by e.id)
           from (
               select v.id, v.name from event_sponsors as s join events as v on v.id = s.event_id
               where s.company_id = c.id order by v.id limit 5
           ) as e
       ) as seen_at
from companies as c
where c.id = any(cast(:ids as bigint[]))

-- name: persons_side_by_side
-- What tells persons apart: :ids.
select p.id, p.full_name as name, p.linkedin_url, p.current_title, p.seniority, p.location_text, p.source_system,
       p.created_at, p.merged_into_id,
       (
           select string_agg(r.role_title || ', ' || c.name, '; ' order by r.id)
           from (
               select * from company_person_roles as known where known.person_id = p.id order by known.id limit 5
           ) as r
           join companies as c on c.id = r.company_id
       ) as roles,
       (
           select string_agg(h.value, '; ' order by h.id)
           from contact_channels as h
           where h.person_id = p.id and h.channel_type = 'email'
       ) as emails
from persons as p
where p.id = any(cast(:ids as bigint[]))
