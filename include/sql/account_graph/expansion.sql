-- Whom to talk to next: the colleagues of a contact.

-- name: primary_contact
-- The contact that all starts from.
select c.id, p.full_name as name, p.current_title as title
from contacts as c
join persons as p on p.id = c.person_id
where c.id = :contact_id

-- name: colleagues
-- What the priority of each colleague follows from: of the same company, related with one of :strengths, and nobody who
-- must not be approached.
select other.id as contact_id, known.strength, other.is_decision_maker, other.is_champion, other.seniority_level,
       other.engagement_score, other.total_touchpoints, other.last_engaged_at,
       exists (
           select from conversations as v where v.contact_id = other.id and v.status = 'active'
       ) as has_active_conversation
from contacts as self
join companies as m on m.id = self.company_id
cross join lateral (
    select r.contact_id_2 as contact_id, r.strength
    from relationships as r
    where r.contact_id_1 = self.id
      and r.relationship_type = 'colleagues' and r.strength = any(cast(:strengths as text[]))
    union all
    select r.contact_id_1, r.strength
    from relationships as r
    where r.contact_id_2 = self.id
      and r.relationship_type = 'colleagues' and r.strength = any(cast(:strengths as text[]))
) as known
join contacts as other on other.id = known.contact_id
where self.id = :contact_id
  -- Not by an equality, which would lead through all contacts of the company to the few that are known.
  and other.company_id is not distinct from self.company_id
  and other.status = 'active'
  and other.communication_preferences ->> 'do_not_contact' is distinct from 'true'
  and not exists (
      select
      from account_suppressions as s
      where s.account_domain = m.domain and (s.suppressed_until is null or s.suppressed_until > now())
  )
