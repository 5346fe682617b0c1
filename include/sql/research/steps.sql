-- The steps of pipeline runs: every try of each is a row.

-- name: create_steps
-- Queues steps of runs; those that are there already stay as they are.
insert into step_results (
    org_id, company_id, pipeline_run_id, submission_id, step_id, blueprint_step_id, step_position, status, attempt
)
select
    r.org_id, r.company_id, r.id, r.submission_id, s.step_id, s.step_id, s.position, 'queued', s.attempt
from json_to_recordset(cast(:rows as json)) as s (run_id uuid, position integer, attempt integer, step_id uuid)
join pipeline_runs as r on r.id = s.run_id
order by r.id, s.position
on conflict (pipeline_run_id, step_position, attempt) do nothing

-- name: find_steps
-- The newest try of each step of a run. Of the output only what later steps go on with.
select distinct on (step_position)
    id, step_position, status, attempt, started_at, ended_at, result_operation_id,
    output_payload -> 'cumulative_context' as cumulative_context,
    case
        when jsonb_typeof(output_payload #> '{operation_result,output}') = 'object'
            then (output_payload #> '{operation_result,output}') - 'parallel_raw_response'
    end as output,
    coalesce(
        output_payload ->> 'skip_reason'
            in ('upstream_step_failed', 'parent_step_condition_not_met', 'parent_step_fresh'),
        false
    ) as is_consequence
from step_results
where pipeline_run_id = :run_id
order by step_position, attempt desc

-- name: begin_step
-- Starts a step, or goes on with it.
update step_results
set status = 'running',
    started_at = coalesce(started_at, clock_timestamp()),
    task_run_id = :task_run_id,
    input_payload = coalesce(input_payload, cast(:input_payload as jsonb)),
    updated_at = now()
where id = :step_result_id
  and (status, task_run_id) is distinct from ('running', :task_run_id)

-- name: release_steps
-- Says of the steps of a run that were started that they will be taken up again.
update step_results
set status = 'retrying', updated_at = now()
where pipeline_run_id = :run_id
  and status = 'running'

-- name: end_step
-- Writes how a step ended, unless it has ended already.
update step_results
set status = :status,
    output_payload = cast(:output_payload as jsonb),
    error_message = :error_message,
    error_details = cast(:error_details as jsonb),
    started_at = coalesce(started_at, clock_timestamp()),
    finished_at = clock_timestamp(),
    -- A step that was taken up again weeks later is beyond an integer.
    duration_ms = least(
        round(extract(epoch from clock_timestamp() - coalesce(started_at, clock_timestamp())) * 1000), 2147483647
    ),
    updated_at = now()
where id = :step_result_id
  and status in ('queued', 'running', 'retrying')

-- name: skip_steps
-- Skips the steps after a position that have not ended.
update step_results
set status = 'skipped',
    output_payload = jsonb_build_object('skip_reason', cast(:reason as text), 'metadata', cast(:metadata as jsonb)),
    finished_at = clock_timestamp(),
    updated_at = now()
where pipeline_run_id = :run_id
  and step_position > :after_position
  and status in ('queued', 'running', 'retrying')
