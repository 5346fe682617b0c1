-- An execution for people to read.

-- name: report_events
-- The events of an execution for people to read: those that were to come when it began, soonest first, then the others,
-- those with sponsors first; :limit of them after position :after. Sponsors of earlier editions are counted apart.
select *
from (
    select
        row_number() over (
            order by x.is_upcoming desc nulls last, case when x.is_upcoming then x.start_dt end, x.sponsors desc,
                     x.start_dt desc nulls last, x.id
        ) as position,
        count(*) over () as total,
        x.*
    from (
        select e.id, e.name, e.start_dt, e.end_dt, e.date_precision, c.name as city, c.country_code, e.is_online,
               e.website_url, x.is_new,
               (select count(*) from event_sponsors as s where s.event_id = e.id and not s.is_past_sponsor) as sponsors,
               (select count(*) from event_sponsors as s where s.event_id = e.id and s.is_past_sponsor)
                   as past_sponsors,
               coalesce(e.end_dt, e.start_dt) >= cast(run.started_at at time zone 'UTC' as date) as is_upcoming
        from signal_execution_entities as x
        join signal_executions as run on run.id = x.execution_id
        join events as e on e.id = x.entity_id
        left join cities as c on c.id = e.city_id
        where x.execution_id = :execution_id and x.entity_type = 'event'
    ) as x
) as found
where position > :after
order by position
limit cast(:limit as integer)

-- name: report_companies
-- The companies of an execution for people to read: by their priority, else best tier among the execution's events, then
-- most events; :limit of them after position :after. past_year: of earlier editions alone, the latest.
select *
from (
    select c.id, c.name, c.domain, c.primary_industry, coalesce(c.kind, 'company') as kind, x.is_new,
           count(s.event_id) as events,
           (array_agg(s.sponsor_tier order by s.tier_rank nulls last, e.start_dt desc nulls last)
               filter (where s.sponsor_tier is not null))[1] as tier,
           coalesce(bool_and(s.is_past_sponsor), false) as is_past_sponsor,
           case when bool_and(s.is_past_sponsor) then max(s.past_year) end as past_year,
           row_number() over (
               order by x.priority desc nulls last, min(s.tier_rank) nulls last, count(s.event_id) desc, c.id
           ) as position,
           count(*) over () as total
    from signal_execution_entities as x
    join companies as c on c.id = x.entity_id
    left join (
        event_sponsors as s
        join signal_execution_entities as xe on xe.entity_type = 'event' and xe.entity_id = s.event_id
        join events as e on e.id = s.event_id
    ) on s.company_id = c.id and xe.execution_id = x.execution_id
    where x.execution_id = :execution_id and x.entity_type = 'company'
    group by c.id, x.is_new, x.priority
) as found
where position > :after
order by position
limit cast(:limit as integer)

-- name: report_persons
-- The people of an execution for people to read, with the role they were found in, held before over: :limit of them after
-- position :after. All of them are put in order by as few columns as that takes.
with found as (
    select entity_id as person_id, is_new
    from signal_execution_entities
    where execution_id = :execution_id and entity_type = 'person'
),
held as (
    select distinct on (r.person_id, r.company_id) r.person_id, r.company_id, r.id
    from signal_execution_entities as member
    join company_person_roles as r on r.company_id = member.entity_id
    where member.execution_id = :execution_id
      and member.entity_type = 'company'
      and r.person_id in (select person_id from found)
    order by r.person_id, r.company_id, r.is_current desc, r.observed_on desc nulls last, r.id
),
shown as (
    select *
    from (
        select found.person_id, found.is_new, held.id as role_id, c.id as company_id, c.name as company,
               row_number() over (order by c.name, found.person_id, c.id) as position,
               count(*) over () as total
        from found
        left join held on held.person_id = found.person_id
        left join companies as c on c.id = held.company_id
    ) as ranked
    where position > :after
    order by position
    limit cast(:limit as integer)
)
select p.id, p.full_name, p.linkedin_url, r.role_title, r.target_function, r.target_match, r.observed_on,
       shown.company_id, shown.company, shown.is_new,
       role_standing(r.is_current, r.is_doubted, r.observed_on) as standing, shown.position, shown.total
from shown
join persons as p on p.id = shown.person_id
left join company_person_roles as r on r.id = shown.role_id
order by shown.position

-- name: first_cause
-- What went wrong first in an execution: a call that failed before an answer that could not be used.
select stage, record_type, reason, detail
from rejected_records
where execution_id = :execution_id and stage <> 'filter'
order by (stage = 'agent' and reason <> 'no_such_data') desc, created_at, id
limit 1

-- name: report_stages
-- When each task first and last wrote, in order: where the time went.
select a.task_id, count(distinct a.map_index) as tasks, sum((a.try_number > 1)::int) as retries,
       min(a.started_at) as first_start, max(a.started_at) as last_start
from signal_executions as x
join task_attempts as a on a.run_id = x.airflow_run_id and a.dag_id = 'signal_execution'
where x.id = :execution_id
group by a.task_id
order by first_start
