-- Research about a person who is to be forgotten.

-- name: cancel_runs
-- Ends the pipeline runs about the person (:run_ids) that have not ended: there is nothing to find out any more.
update pipeline_runs
set status = 'canceled', finished_at = now(), updated_at = now(), written_by = default
where id = any(cast(:run_ids as uuid[])) and status in ('queued', 'running')
returning submission_id

-- name: steps_of_runs
-- The tries of steps of these runs that say anything.
select id
from step_results
where pipeline_run_id = any(cast(:run_ids as uuid[]))
  and num_nonnulls(input_payload, output_payload, error_message, error_details) > 0

-- name: empty_steps
-- Leaves nothing of what these tries of steps were given and found; those that had not ended are skipped.
update step_results
set input_payload = null,
    output_payload = null,
    error_message = null,
    error_details = null,
    status = case when status in ('queued', 'running', 'retrying') then 'skipped' else status end,
    finished_at = coalesce(finished_at, now()),
    updated_at = now(),
    written_by = default
where id = any(cast(:step_result_ids as uuid[]))

-- name: forget_briefing_writes
-- Nothing is to be written for these results any more.
delete from briefing_writes where step_result_id = any(cast(:step_result_ids as uuid[]))

-- name: cancel_submissions
-- Ends submissions in which nobody else is left.
update submissions
set status = 'canceled', updated_at = now(), written_by = default
where id = any(cast(:submission_ids as uuid[])) and status not in ('completed', 'failed', 'canceled')

-- name: redact_interactions
-- Replaces the metadata of interactions (:interactions, a JSON array), within an erasure that was approved.
select redact_interactions(cast(:erasure_id as uuid), cast(:interactions as jsonb))
