-- All that is known of one company, in parts, each of :limit rows at most where there may be many.

-- name: facts
-- The company of an id, itself even when it was merged, with the features of its account and what a model says of it.
select c.*, s.icp_score, s.priority_level, s.is_b2b_saas, s.has_modern_stack, s.has_open_engineering_roles,
       s.engineering_role_count, s.has_engineering_blog, s.employees_min, s.employees_max, s.has_funding,
       s.technology_count, s.last_research_at, s.account_domain, p.probability, p.reasons as score_reasons,
       p.written_by as score_written_by, i.level as intent, i.reasons as intent_reasons
from companies as c
left join account_signals as s on s.account_domain = c.domain
left join account_scores as p on p.account_domain = c.domain
left join account_intent as i on i.account_domain = c.domain
where c.id = :company_id

-- name: facts_people
-- Whose roles at the company are known, current ones first, then by day of evidence; with the seats they hold there.
select p.id, p.full_name, p.linkedin_url, r.role_title, r.seniority, r.is_decision_maker, r.observed_on,
       role_standing(r.is_current, r.is_doubted, r.observed_on) as standing, r.ended_on, r.ended_because,
       r.source_system, r.written_by, r.created_at,
       array(
           select s.slot_type
           from company_slot as s
           where s.company_unique_id = :company_unique_id and s.person_unique_id = p.person_unique_id
           order by s.slot_type
       ) as seats
from company_person_roles as r
join persons as o on o.id = r.person_id
join persons as p on p.id = coalesce(o.merged_into_id, o.id)
where r.company_id = :company_id
order by r.is_current desc, r.is_doubted, r.observed_on desc nulls last, r.id
limit :limit

-- name: facts_seats
-- The seats of the company, and who holds them.
select s.slot_type, s.status, s.enrichment_attempts, s.confidence_score, s.filled_at, s.filled_by, s.is_weak,
       s.last_asked_at, s.answered_by, s.source_system, s.written_by, p.id as person_id, p.full_name, p.current_title
from company_slot as s
left join persons as p on p.person_unique_id = s.person_unique_id
where s.company_unique_id = :company_unique_id
order by s.slot_type

-- name: facts_seat_history
-- Every change of the company's seats, the latest first.
select t.slot_type, t.transition, t.status, t.enrichment_attempts, t.is_weak, t.changed_at, t.written_by,
       p.id as person_id, p.full_name
from slot_transitions as t
left join persons as p on p.person_unique_id = t.person_unique_id
where t.company_slot_unique_id = any(array(
          select s.company_slot_unique_id from company_slot as s where s.company_unique_id = :company_unique_id
      ))
order by t.id desc
limit :limit

-- name: facts_sources
-- The pages that facts about the company and about what it did are from, the latest seen first.
select o.field, o.value, o.source_url, o.source_date, o.evidence, o.is_verified, o.seen_on, o.call_id, o.written_by,
       s.type as signal_type
from observations as o
left join company_signals as s on s.id = o.company_signal_id
where o.company_id = :company_id
   or o.company_signal_id = any(array(select id from company_signals where company_id = :company_id))
order by o.seen_on desc, o.id desc
limit :limit

-- name: facts_events
-- The events that the company sponsors, or sponsored an earlier edition of, the latest first.
select e.id, e.name, e.start_dt, e.website_url, c.name as city, c.country_code, x.sponsor_tier, x.tier_labels,
       x.is_past_sponsor, x.past_year,
       x.source_system, x.written_by, x.created_at
from event_sponsors as x
join events as e on e.id = x.event_id
left join cities as c on c.id = e.city_id
where x.company_id = :company_id
order by e.start_dt desc nulls last, e.id desc
limit :limit

-- name: facts_signals
-- The executions of signals that found the company, the latest first.
select g.id as signal_id, g.name, g.type, x.id as execution_id, x.status, x.started_at, x.airflow_run_id, n.is_new,
       n.skip_reason, n.written_by
from signal_execution_entities as n
join signal_executions as x on x.id = n.execution_id
join signals as g on g.id = x.signal_id
where n.entity_type = 'company' and n.entity_id = :company_id
order by x.started_at desc, x.id
limit :limit

-- name: facts_briefings
-- Research on the company, or on one that was merged into it: briefings of any client and org, and job titles that buy
-- there; the latest first.
with named as materialized (
    select array_agg(domain) as domains from companies where cast(:company_id as bigint) in (id, merged_into_id)
)
select *
from (
    select b.id, 'company' as kind, o.name as org, b.client_company_name, b.processor, b.researched_at, b.written_by
    from company_intel_briefings as b
    join orgs as o on o.id = b.org_id
    where b.company_domain = any(cast((select domains from named) as text[]))
    union all
    select t.id, 'icp_job_titles', o.name, null, t.processor, t.researched_at, t.written_by
    from orgs as o
    join icp_job_titles as t on t.org_id = o.id and t.company_domain = any(cast((select domains from named) as text[]))
) as found
order by researched_at desc, id
limit :limit

-- name: facts_contacts
-- Contacts at the company, primary and decision makers first.
select p.*, k.written_by
from (
    select id, written_by
    from contacts
    where company_id = :company_id
    order by is_primary_contact desc, is_decision_maker desc, engagement_score desc, id
    limit :limit
) as k
join contact_profiles as p on p.id = k.id
order by p.is_primary_contact desc, p.is_decision_maker desc, p.engagement_score desc, p.id

-- name: facts_conversations
-- Conversations with the company, the latest touched first.
select v.id, v.status, v.qualification_tier, v.last_touchpoint_at, v.touchpoint_count, v.last_response_at,
       v.response_count, v.outcome, v.started_at, v.written_by, p.full_name, p.id as person_id
from conversations as v
join contacts as k on k.id = v.contact_id
join persons as p on p.id = k.person_id
where v.company_id = :company_id
order by v.last_touchpoint_at desc nulls last, v.id
limit :limit

-- name: facts_weeks
-- What happened in each of the last :weeks weeks: messages sent, replies, executions of signals that found the company.
with touched as (
    select t.sent_at, t.responded_at
    from conversations as v
    join touchpoints as t on t.conversation_id = v.id
    where v.company_id = :company_id
),
happened as (
    select sent_at as moment, 1 as sent, 0 as replies, 0 as found from touched
    union all
    select responded_at, 0, 1, 0 from touched
    union all
    select created_at, 0, 0, 1
    from signal_execution_entities
    where entity_type = 'company' and entity_id = :company_id
)
select cast(week as date) as week, coalesce(sum(sent), 0) as sent, coalesce(sum(replies), 0) as replies,
       coalesce(sum(found), 0) as found
from generate_series(
    date_trunc('week', now() at time zone 'UTC') - make_interval(weeks => cast(:weeks as integer) - 1),
    date_trunc('week', now() at time zone 'UTC'),
    interval '1 week'
) as week
left join happened on happened.moment >= week at time zone 'UTC'
    and happened.moment < (week + interval '1 week') at time zone 'UTC'
group by week
order by week

-- name: facts_current
-- The company of an id, or the one that it was merged into.
select c.id, c.name
from companies as c
join companies as given on c.id = coalesce(given.merged_into_id, given.id)
where given.id = :company_id
