-- Pipeline runs: one entity of a submission each, on its way through the steps.

-- name: count_runs
-- How many runs a submission has.
select count(*) from pipeline_runs where submission_id = :submission_id

-- name: has_research
-- True when an org has research that later submissions may use again.
select exists (select from pipeline_runs where org_id = :org_id and status = 'succeeded')

-- name: create_runs
-- Adds runs to a submission: its entities, or the children of a fan-out. A repeated fan-out is a further attempt.
insert into pipeline_runs (
    org_id, company_id, submission_id, blueprint_id, blueprint_snapshot, blueprint_version, entity_index, status,
    attempt, parent_pipeline_run_id
)
select
    s.org_id, s.company_id, s.id, s.blueprint_id, r.snapshot, r.version, r.entity_index, 'queued',
    1 + coalesce(
        (
            select max(earlier.attempt)
            from pipeline_runs as earlier
            where earlier.submission_id = s.id
              and earlier.parent_pipeline_run_id is not distinct from cast(:parent_id as uuid)
              and earlier.entity_index = r.entity_index
        ),
        0
    ),
    cast(:parent_id as uuid)
from json_to_recordset(cast(:rows as json)) as r (snapshot jsonb, version integer, entity_index integer)
join submissions as s on s.id = :submission_id
order by r.entity_index
returning id, entity_index

-- name: find_waiting_runs
-- Runs of a submission in one of these states, in order. Of each entity only the newest attempt counts.
with newest as (
    select distinct on (
        parent_pipeline_run_id, coalesce(entity_index::text, blueprint_snapshot #>> '{entity,index}', id::text)
    ) id, status, entity_index, parent_pipeline_run_id, trigger_run_id, created_at
    from pipeline_runs
    where submission_id = :submission_id
    order by
        parent_pipeline_run_id, coalesce(entity_index::text, blueprint_snapshot #>> '{entity,index}', id::text),
        attempt desc, created_at desc, id
)
select n.id, n.entity_index, r.blueprint_snapshot -> 'entity' as entity, count(*) over () as total
from newest as n
join pipeline_runs as r on r.id = n.id
where n.status = any(cast(:statuses as text[]))
  and (n.parent_pipeline_run_id is null or not :only_roots)
  and (n.trigger_run_id is null or not :only_new)
order by n.created_at, n.parent_pipeline_run_id nulls first, n.entity_index, n.id
limit :limit

-- name: lock_run
-- A run, locked until the transaction ends: whoever works on it decides alone what comes next.
select id, org_id, company_id, submission_id, trigger_run_id, blueprint_snapshot, status, attempt, error_message
from pipeline_runs
where id = :run_id
for no key update

-- name: claim_run
-- Says that somebody works on a run now. What an earlier attempt ended with is forgotten.
update pipeline_runs
set status = 'running',
    trigger_run_id = :trigger_run_id,
    attempt = :attempt,
    started_at = case when :attempt > attempt then now() else coalesce(started_at, now()) end,
    finished_at = null,
    error_message = null,
    error_details = null,
    updated_at = now()
where id = :run_id
  and (status, trigger_run_id, attempt) is distinct from ('running', :trigger_run_id, :attempt)

-- name: release_run
-- Says that nobody works on a run any more. Never waits: a run that is locked is being moved right now.
with released as (
    select id
    from pipeline_runs
    where id = :run_id
      and status = 'running'
      and trigger_run_id = :trigger_run_id
    for no key update skip locked
)
update pipeline_runs
set status = 'queued', updated_at = now()
from released
where pipeline_runs.id = released.id
returning pipeline_runs.submission_id

-- name: end_run
-- Writes how a run ended.
update pipeline_runs
set status = :status,
    started_at = coalesce(started_at, now()),
    finished_at = clock_timestamp(),
    error_message = :error_message,
    error_details = cast(:error_details as jsonb),
    updated_at = now()
where id = :run_id

-- name: lock_interrupted_runs
-- Runs that this Airflow run was the last to work on and did not end, locked.
select id
from pipeline_runs
where submission_id = :submission_id
  and status in ('queued', 'running')
  and trigger_run_id = :claim || '/' || id
order by id
for no key update

-- name: find_provider_run
-- The number of the newest deep research of a run at its provider, be it one that an earlier run asked for.
select provider_run_id
from (
    select
        coalesce(
            output_payload #>> '{operation_result,output,parallel_run_id}',
            output_payload #>> '{metadata,parallel_run_id}'
        ) as provider_run_id,
        step_position,
        attempt
    from step_results
    where pipeline_run_id = :run_id
) as step
where provider_run_id is not null
order by step_position desc, attempt desc
limit 1
