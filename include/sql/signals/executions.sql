-- An execution from its opening to its end, and what it found; its results are in finish_execution.sql.

-- name: start_execution
-- Opens an execution, or returns the one this Airflow run has opened before (a retry, a cleared task).
insert into signal_executions (
    signal_id, signal_version, configuration, overrides, scheduled_for, airflow_run_id, progress_percent, progress_step
)
values (
    :signal_id, :signal_version, cast(:configuration as jsonb), cast(:overrides as jsonb), :scheduled_for,
    :airflow_run_id, 0, 'start_execution'
)
on conflict (airflow_run_id) where airflow_run_id is not null do update
set status = 'running',
    signal_id = excluded.signal_id,
    signal_version = excluded.signal_version,
    configuration = excluded.configuration,
    overrides = excluded.overrides,
    completed_at = null,
    abandoned_at = null,
    progress_percent = 0,
    progress_step = 'start_execution',
    progress_message = null,
    opened_by = excluded.opened_by,
    written_by = excluded.written_by,
    updated_at = now()
returning id

-- name: take_over
-- Lets an Airflow run go on with an execution that has ended; nothing while another run is at work on it.
update signal_executions
set status = 'running',
    error = null,
    airflow_run_id = :airflow_run_id,
    completed_at = null,
    abandoned_at = null,
    progress_percent = 0,
    progress_step = 'start_execution',
    progress_message = null,
    opened_by = default,
    written_by = default,
    updated_at = now()
where id = :execution_id and (status <> 'running' or airflow_run_id = :airflow_run_id)
returning id

-- name: cancel
-- Ends an execution that is under way, as somebody wants it.
update signal_executions
set status = 'cancelled',
    error = jsonb_build_object('kind', 'cancelled', 'message', cast(:message as text)),
    completed_at = now(),
    abandoned_at = null,
    updated_at = now(),
    written_by = default
where id = :execution_id and status = 'running'
returning id

-- name: note_progress
-- How far an execution is, by the questions of its latest stage that are answered or given up. Nothing when that is no
-- news, something was noted within :pause_seconds, or somebody else is just noting it.
with stages as (
    select stage, count(*) as planned, count(*) filter (where status <> 'planned') as done
    from execution_questions
    where execution_id = :execution_id
    group by stage
),
latest as (
    select s.stage,
           (w.first + (w.last - w.first) * s.done / s.planned)::smallint as percent,
           format('%s of %s %s asked about', s.done, s.planned, w.noun) as message
    from stages as s
    join (
        values ('discover', 1, 0, 15, 'keywords'), ('extract_sponsors', 2, 15, 50, 'events'),
               ('find_people', 3, 50, 95, 'companies')
    ) as w (stage, position, first, last, noun) on w.stage = s.stage
    order by w.position desc
    limit 1
),
due as (
    select id
    from signal_executions
    where id = :execution_id
      and status = 'running'
      and (progressed_at is null or progressed_at <= clock_timestamp() - make_interval(secs => :pause_seconds))
    for update skip locked
)
update signal_executions as x
set progress_percent = latest.percent,
    progress_step = latest.stage,
    progress_message = latest.message,
    progressed_at = clock_timestamp()
from due, latest
where x.id = due.id
  and (x.progress_percent, x.progress_step, x.progress_message)
      is distinct from (latest.percent, latest.stage, latest.message)
returning
    x.progress_percent as percent, x.progress_step as step, x.progress_message as message,
    (select name from signals where id = x.signal_id) as signal_name

-- name: find_by_run
-- The execution an Airflow run has opened.
select id from signal_executions where airflow_run_id = :airflow_run_id

-- name: list_executions
-- Executions, of one signal or of all, the latest started first, behind the one of :started_at and :id.
select x.id, x.signal_id, s.name as signal_name, x.signal_version, x.overrides, x.status, x.stats, x.error,
       x.airflow_run_id, x.started_at, x.completed_at
from signal_executions as x
join signals as s on s.id = x.signal_id
where (cast(:signal_id as uuid) is null or x.signal_id = :signal_id)
  and (cast(:id as uuid) is null or (x.started_at, x.id) < (cast(:started_at as timestamptz), cast(:id as uuid)))
order by x.started_at desc, x.id desc
limit :limit

-- name: link_entities
-- Records what an execution found. is_new stays what it was when the execution first saw the entity.
insert into signal_execution_entities (execution_id, entity_type, entity_id, is_new)
select :execution_id, :entity_type, entity_id, bool_or(is_new)
from json_to_recordset(cast(:rows as json)) as r (entity_id bigint, is_new boolean)
group by entity_id
order by entity_id
on conflict (execution_id, entity_type, entity_id) do nothing

-- name: skip_events
-- Notes why events need no question about their sponsors. That they were named outweighs that there are none.
update signal_execution_entities as x
set skip_reason = r.skip_reason, written_by = default
from json_to_recordset(cast(:rows as json)) as r (event_id bigint, skip_reason text)
where x.execution_id = :execution_id
  and x.entity_type = 'event'
  and x.entity_id = r.event_id
  and x.skip_reason is distinct from r.skip_reason
  and x.skip_reason is distinct from 'sponsors_named'

-- name: skip_companies
-- Notes why companies of an execution are not asked about; all its others are, or are after all.
update signal_execution_entities as x
set skip_reason = r.skip_reason, written_by = default
from (
    select e.entity_id, r.skip_reason
    from signal_execution_entities as e
    left join json_to_recordset(cast(:rows as json)) as r (company_id bigint, skip_reason text)
        on r.company_id = e.entity_id
    where e.execution_id = :execution_id and e.entity_type = 'company'
) as r
where x.execution_id = :execution_id
  and x.entity_type = 'company'
  and x.entity_id = r.entity_id
  and x.skip_reason is distinct from r.skip_reason

-- name: skipped_companies
-- How many companies of an execution are not asked about, by reason.
select skip_reason, count(*) as companies
from signal_execution_entities
where execution_id = :execution_id and entity_type = 'company' and skip_reason is not null
group by skip_reason
order by skip_reason

-- name: sponsorships_of_execution
-- What the companies of an execution sponsor among its events: tiers, and the last day of the edition; of an earlier one
-- only its year is known.
select s.company_id, s.tier_rank,
       case when not s.is_past_sponsor then coalesce(e.end_dt, e.start_dt)
            when s.past_year is not null then make_date(s.past_year, 7, 1) end as last_day
from signal_execution_entities as x
join event_sponsors as s on s.event_id = x.entity_id
join events as e on e.id = s.event_id
where x.execution_id = :execution_id and x.entity_type = 'event'
order by s.company_id, e.id

-- name: set_priorities
-- Notes how much speaks for asking about each company of an execution first: :rows, a JSON array.
update signal_execution_entities as x
set priority = r.priority, written_by = default
from json_to_recordset(cast(:rows as json)) as r (company_id bigint, priority double precision)
where x.execution_id = :execution_id
  and x.entity_type = 'company'
  and x.entity_id = r.company_id
  and x.priority is distinct from r.priority

-- name: events_of_execution
-- The events an execution found, with what an agent needs to find their sponsors: those that were to come when it began,
-- soonest first, then those that were over, latest first.
select e.id, e.name, e.website_url, case when e.date_precision = 'day' then e.start_dt end as start_dt, c.name as city,
       case when e.date_precision <> 'day' then extract(year from e.start_dt)::integer end as year, x.skip_reason,
       coalesce(day.is_upcoming, false) as is_upcoming
from signal_execution_entities as x
join events as e on e.id = x.entity_id
join signal_executions as run on run.id = x.execution_id
left join cities as c on c.id = e.city_id
cross join lateral (
    select coalesce(e.end_dt, e.start_dt) >= cast(run.started_at at time zone 'UTC' as date) as is_upcoming
) as day
where x.execution_id = :execution_id
  and x.entity_type = 'event'
  and (cast(:ids as bigint[]) is null or e.id = any(:ids))
order by day.is_upcoming desc nulls last, case when day.is_upcoming then e.start_dt end,
         e.start_dt desc nulls last, e.id

-- name: companies_of_execution
-- The companies an execution found, best sponsors first: by the priority noted, else by tier. A guessed industry would send an agent after another company.
select c.id, c.name, c.domain, case when not c.industry_is_guess then c.primary_industry end as primary_industry,
       coalesce(c.kind, 'company') as kind, c.employee_range, c.size,
       coalesce(c.headquarters_location, c.country) as seat,
       array(
           select jsonb_array_elements_text(technologies.listed)
           from (
               values (c.research_data -> 'technologies'), (c.research_data -> 'tech_stack')
           ) as technologies (listed)
           where jsonb_typeof(technologies.listed) = 'array'
       ) as technologies
from signal_execution_entities as x
join companies as c on c.id = x.entity_id
left join lateral (
    select min(s.tier_rank) as best_tier, count(*) as links
    from event_sponsors as s
    join signal_execution_entities as xe
        on xe.execution_id = x.execution_id and xe.entity_type = 'event' and xe.entity_id = s.event_id
    where s.company_id = c.id
) as sponsor on true
where x.execution_id = :execution_id
  and x.entity_type = 'company'
  and (cast(:ids as bigint[]) is null or c.id = any(:ids))
order by x.priority desc nulls last, sponsor.best_tier nulls last, sponsor.links desc, c.id

-- name: people_of_execution_at
-- Whom an execution has found at companies (:company_ids), by what an answer would name them.
select r.company_id, p.name_key, p.linkedin_url
from signal_execution_entities as x
join persons as p on p.id = x.entity_id
join company_person_roles as r on r.person_id = p.id and r.is_current
where x.execution_id = :execution_id
  and x.entity_type = 'person'
  and r.company_id = any(cast(:company_ids as bigint[]))
group by r.company_id, p.id
order by r.company_id, p.id

-- name: execution_counts
-- What an execution saved and what it could not use, to decide how it ended.
select
    count(*) filter (where entity_type = 'event') as events,
    count(*) filter (where entity_type = 'event' and is_new) as new_events,
    count(*) filter (where entity_type = 'company') as companies,
    count(*) filter (where entity_type = 'company' and is_new) as new_companies,
    count(*) filter (where entity_type = 'person') as persons,
    count(*) filter (where entity_type = 'person' and is_new) as new_persons,
    (select count(*) from rejected_records as r where r.execution_id = :execution_id and r.stage <> 'filter')
        as rejected,
    (select count(*) from rejected_records as r where r.execution_id = :execution_id and r.stage = 'filter')
        as filtered,
    (select count(*) from rejected_records as r
     where r.execution_id = :execution_id and r.stage = 'agent' and r.reason <> 'no_such_data') as agent_failures,
    (select count(*) from rejected_records as r
     where r.execution_id = :execution_id and r.stage = 'agent' and r.reason = 'no_such_data') as unanswerable,
    (select count(*) from rejected_records as r
     where r.execution_id = :execution_id and (r.stage, r.reason) in (('agent', 'budget'), ('filter', 'over_budget')))
        as over_budget,
    count(*) filter (where skip_reason = 'sponsors_named') as events_named,
    count(*) filter (where skip_reason = 'no_sponsors') as events_without,
    count(*) filter (where skip_reason = 'over_limit') as companies_over_limit,
    count(*) filter (where skip_reason = 'other_kind') as companies_of_other_kinds,
    count(*) filter (where skip_reason in ('other_size', 'elsewhere', 'other_technology')) as companies_unfit,
    -- Every question has one answer in a scope, however often it was asked.
    (select count(*) from agent_calls as a
     where a.scope = :scope and a.agent = 'sponsor_extraction' and a.status in ('succeeded', 'reused'))
        as events_asked,
    (select count(*) from agent_calls as a
     where a.scope = :scope and a.agent = 'people' and a.status in ('succeeded', 'reused')) as companies_asked
from signal_execution_entities
where execution_id = :execution_id

-- name: standing_counts
-- How the roles stand today that the people of an execution were found in, the best of each: how many, and when they
-- were first and last seen.
select standing, count(*) as people, min(observed_on) as first_seen, max(observed_on) as last_seen
from (
    select distinct on (r.person_id)
        r.observed_on, role_standing(r.is_current, r.is_doubted, r.observed_on) as standing
    from signal_execution_entities as x
    join company_person_roles as r on r.person_id = x.entity_id
    where x.execution_id = :execution_id and x.entity_type = 'person'
    order by r.person_id,
             exists (
                 select from signal_execution_entities as c
                 where c.execution_id = :execution_id and c.entity_type = 'company' and c.entity_id = r.company_id
             ) desc,
             r.is_current desc, r.observed_on desc nulls last, r.id
) as role
group by standing
order by standing

-- name: filter_counts
-- How often what was found was not what was asked for, by kind and reason, the most frequent first. A row whose raw is
-- a count stands for so many.
select record_type, reason,
       sum(
           case when jsonb_typeof(raw) <> 'object' then 1
                when raw - 'count' - 'kind' = '{}' and raw ->> 'count' ~ '^[0-9]{1,9}$' then (raw ->> 'count')::bigint
                else 1 end
       )::bigint as records
from rejected_records
where execution_id = :execution_id and stage = 'filter'
group by record_type, reason
order by records desc, record_type, reason
