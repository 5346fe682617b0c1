-- Whom to talk to next: the colleagues of a contact.

-- name: primary_contact
-- The contact that all starts from; one whose person was merged leads to that of the one they were merged into.
select c.id, p.full_name as name, p.current_title as title
from contacts as c
join persons as p on p.id = c.person_id
where c.id = (
    select coalesce(kept.id, own.id)
    from contacts as own
    join persons as named on named.id = own.person_id
    left join contacts as kept on kept.person_id = named.merged_into_id
    where own.id = :contact_id
)

-- name: colleagues
-- The colleagues of a contact: of the same company, related with one of :strengths, and nobody who must not be
-- approached. Those alike in what the priority follows from are one row: an account may have thousands.
with self as materialized (
    select c.id, c.company_id
    from contacts as c
    join companies as m on m.id = c.company_id
    where c.id = :contact_id
      and not exists (
          select
          from companies as named
          join account_suppressions as s on s.account_domain = named.domain
          where m.id in (named.id, named.merged_into_id)
            and (s.suppressed_until is null or s.suppressed_until > now())
      )
),
known as (
    select r.contact_id_2 as contact_id, r.strength, self.company_id
    from self
    join relationships as r on r.contact_id_1 = self.id
    where r.relationship_type = 'colleagues' and r.strength = any(cast(:strengths as text[]))
    union all
    select r.contact_id_1, r.strength, self.company_id
    from self
    join relationships as r on r.contact_id_2 = self.id
    where r.relationship_type = 'colleagues' and r.strength = any(cast(:strengths as text[]))
),
colleague as (
    select other.id, known.strength, other.is_decision_maker, other.is_champion, other.seniority_level,
           other.engagement_score, least(other.total_touchpoints, 1) as total_touchpoints,
           exists (
               select from conversations as v where v.contact_id = other.id and v.status = 'active'
           ) as has_active_conversation
    from known
    join contacts as other on other.id = known.contact_id
    -- Not by an equality, which would lead through all contacts of the company to the few that are known.
    where other.company_id is not distinct from known.company_id
      and other.status = 'active'
      and other.communication_preferences ->> 'do_not_contact' is distinct from 'true'
)
select strength, is_decision_maker, is_champion, seniority_level, engagement_score, total_touchpoints,
       has_active_conversation, array_agg(id) as contact_ids
from colleague
group by strength, is_decision_maker, is_champion, seniority_level, engagement_score, total_touchpoints,
         has_active_conversation
