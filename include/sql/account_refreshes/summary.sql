-- What is worth knowing of all accounts after a refresh, in ids and numbers.

-- name: follow_ups_due
-- Active conversations whose next touchpoint is due, the longest overdue first; total counts all.
select id, count(*) over () as total
from conversations
where status = 'active' and next_touchpoint_at <= :as_of
order by next_touchpoint_at, id
limit :limit

-- name: stale_accounts
-- Accounts that are being talked to, and have not been since :since, the longest silent first; total counts all. A
-- conversation without any touchpoint is as old as itself.
select v.company_id as id, m.name as company, max(coalesce(v.last_touchpoint_at, v.started_at)) as last_at,
       count(*) as active_conversations, count(*) over () as total
from conversations as v
join companies as m on m.id = v.company_id
where v.status = 'active'
group by v.company_id, m.name
having max(coalesce(v.last_touchpoint_at, v.started_at)) < :since
order by last_at, v.company_id
limit :limit

-- name: health_distribution
-- How many accounts were how well on a day.
select health_status, count(*) as accounts
from account_health_history
where observed_on = :observed_on
group by health_status

-- name: healths
-- Accounts as they were on a day: the least healthy first, or with :is_best the healthiest; total counts all.
select h.company_id, m.name as company, h.total_score, h.health_status, h.engagement, h.conversations, h.relationships,
       h.decision_makers, h.contacts, h.active_conversations, count(*) over () as total
from account_health_history as h
join companies as m on m.id = h.company_id
where h.observed_on = :observed_on
order by case when :is_best then -h.total_score else h.total_score end, h.company_id
limit :limit

-- name: expansion
-- Primary contacts with colleagues whom they know well enough (one of :strengths), and who may be approached; those with
-- most of them first. total counts the contacts, targets the colleagues of all of them.
select c.id, count(distinct other.id) as colleagues, count(*) over () as total,
       cast(sum(count(distinct other.id)) over () as bigint) as targets
from contacts as c
join companies as m on m.id = c.company_id
cross join lateral (
    select contact_id_2 as id from relationships
    where contact_id_1 = c.id and relationship_type = 'colleagues' and strength = any(cast(:strengths as text[]))
    union all
    select contact_id_1 from relationships
    where contact_id_2 = c.id and relationship_type = 'colleagues' and strength = any(cast(:strengths as text[]))
) as known
join contacts as other on other.id = known.id and other.company_id = c.company_id and other.status = 'active'
where c.is_primary_contact
  and c.status = 'active'
  and other.communication_preferences ->> 'do_not_contact' is distinct from 'true'
  and not exists (
      select
      from account_suppressions as s
      join companies as named on named.domain = s.account_domain
      where coalesce(named.merged_into_id, named.id) = m.id
        and (s.suppressed_until is null or s.suppressed_until > now())
  )
group by c.id
order by colleagues desc, c.company_id
limit :limit

-- name: undecided_job_changes
-- Job changes that a person has to decide about, the oldest first; total counts all.
select id, count(*) over () as total
from job_changes
where status = 'proposed'
order by created_at, id
limit :limit

-- name: refresh_overview
-- Brings the overview of all accounts up to date.
select refresh_account_overview()
