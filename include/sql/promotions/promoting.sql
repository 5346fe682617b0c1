-- Carrying out what a person approved, and taking it back.

-- name: lock_item_companies
-- Locks the companies of a part of the list, in the order of their ids.
select
from companies
where id in (
    select coalesce(m.merged_into_id, m.id)
    from contact_promotion_items as i
    join companies as m on m.id = i.company_id
    where i.promotion_id = :promotion_id
      and i.status = 'proposed'
      and i.position between :first_position and :last_position
)
order by id
for no key update

-- name: lock_item_persons
-- Locks the people of a part of the list, in the order of their ids: nobody merges or erases them meanwhile.
select
from persons
where id in (
    select person_id
    from contact_promotion_items
    where promotion_id = :promotion_id
      and status = 'proposed'
      and position between :first_position and :last_position
)
order by id
for no key update

-- name: lock_item_contacts
-- Locks the contacts that people of a part of the list have become meanwhile, in the order of their ids.
select
from contacts
where person_id in (
    select person_id
    from contact_promotion_items
    where promotion_id = :promotion_id
      and status = 'proposed'
      and position between :first_position and :last_position
)
order by id
for no key update

-- name: stage_items
-- The people of a part of the list, each with the best role they still hold at the company. Those who hold none any
-- more, or turned out to be somebody else, get no role.
insert into promotion_candidates (
    person_id, found_as, company_id, role_id, source, position, title, seniority, is_decision_maker, observed_on,
    standing, verdict, reason
)
select i.person_id, coalesce(held.person_id, i.person_id), m.id, coalesce(held.role_id, 0), i.source, i.position,
       held.role_title, coalesce(held.seniority, p.seniority), coalesce(held.is_decision_maker, false),
       held.observed_on, held.standing,
       case when p.merged_into_id is not null or held.role_id is null then 'left' end,
       case when p.merged_into_id is not null then 'person_merged' when held.role_id is null then 'role_ended' end
from contact_promotion_items as i
join persons as p on p.id = i.person_id
join companies as called on called.id = i.company_id
join companies as m on m.id = coalesce(called.merged_into_id, called.id)
left join lateral (
    select r.id as role_id, r.person_id, r.role_title, r.seniority, r.is_decision_maker, r.observed_on,
           role_standing(r.is_current, r.is_doubted, r.observed_on) as standing
    from (
        select m.id
        union all
        select merged.id from companies as merged where merged.merged_into_id = m.id
    ) as member
    join company_person_roles as r on r.company_id = member.id and r.is_current
    join persons as named on named.id = r.person_id and coalesce(named.merged_into_id, named.id) = i.person_id
    order by r.is_doubted, array_position(cast(:levels as text[]), coalesce(r.seniority, p.seniority)) nulls last,
             r.observed_on desc nulls last, r.id
    limit 1
) as held on true
where i.promotion_id = :promotion_id
  and i.status = 'proposed'
  and i.position between :first_position and :last_position

-- name: insert_contacts
-- Makes contacts of those nothing speaks against, if a person has approved the promotion; never a second one of anybody.
insert into contacts (person_id, company_id, email, seniority_level, is_decision_maker, source_system)
select c.person_id, c.company_id, c.email,
       (cast(:contact_levels as text[]))[array_position(cast(:levels as text[]), c.seniority)],
       c.is_decision_maker, :source_system
from promotion_candidates as c
join contact_promotions as approved
    on approved.id = :promotion_id
    and approved.decision = 'approved'
-- Looked up one by one (offset 0), by keys: the planner knows nothing of a list that was just made.
cross join lateral (
    select
    from contact_promotion_items as i
    where i.promotion_id = approved.id
      and i.person_id = c.person_id
      and i.position = c.position
      and i.status = 'proposed'
    offset 0
) as item
where c.verdict = 'new' and c.contact_id is null
order by c.company_id, c.person_id
on conflict do nothing
returning id, person_id

-- name: note_contacts
-- Notes which contact each person became.
update promotion_candidates as c
set contact_id = made.contact_id, reason = 'promoted'
from unnest(cast(:person_ids as bigint[]), cast(:contact_ids as uuid[])) as made (person_id, contact_id)
where c.person_id = made.person_id

-- name: judge_again
-- Takes back the verdict on those who did not become contacts after all: somebody else was faster.
update promotion_candidates set verdict = null, email = null where verdict = 'new' and contact_id is null

-- name: finish_items
-- Notes on the list what became of the people of a part of it.
update contact_promotion_items as i
set status = case when known.reason = 'promoted' then 'promoted' else 'refused' end,
    reason = nullif(known.reason, 'promoted'),
    contact_id = known.contact_id,
    company_id = known.company_id,
    updated_at = now(),
    written_by = default
from (
    select item.place, c.reason, c.contact_id, c.company_id
    from promotion_candidates as c
    cross join lateral (
        select ctid as place
        from contact_promotion_items
        where promotion_id = :promotion_id
          and person_id = c.person_id
          and position = c.position
          and status = 'proposed'
        offset 0
    ) as item
    where c.reason is not null
) as known
where i.ctid = known.place
returning i.status

-- name: promoted_contacts
-- The contacts that a promotion made.
select contact_id
from contact_promotion_items
where promotion_id = :promotion_id and status = 'promoted' and contact_id is not null
order by contact_id

-- name: lock_promoted_companies
-- Locks the companies of these contacts, in the order of their ids.
select
from companies
where id in (select company_id from contacts where id = any(cast(:contact_ids as uuid[])))
order by id
for no key update

-- name: lock_promoted_contacts
-- Locks these contacts, in the order of their ids.
select from contacts where id = any(cast(:contact_ids as uuid[])) order by id for update

-- name: delete_contacts
-- Deletes those of these contacts that are as a promotion made them: no conversation, meeting or relationship, and
-- nothing that anybody changed.
delete from contacts as k
where k.id = any(cast(:contact_ids as uuid[]))
  and k.source_system = :source_system
  and k.updated_at = k.created_at
  and not exists (select from conversations as v where v.contact_id = k.id)
  and not exists (select from touchpoint_participants as t where t.contact_id = k.id)
  and not exists (select from relationships as r where r.contact_id_1 = k.id)
  and not exists (select from relationships as r where r.contact_id_2 = k.id)
returning k.person_id

-- name: withdraw_items
-- Notes on the list who is no contact any more, and that nobody else of it becomes one. Returns how many of which.
update contact_promotion_items
set status = 'refused', reason = 'withdrawn', contact_id = null, updated_at = now(), written_by = default
where promotion_id = :promotion_id
  and (status = 'proposed' or (status = 'promoted' and person_id = any(cast(:person_ids as bigint[]))))
