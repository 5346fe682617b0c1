-- Skips steps that have not begun.
update step_results
set status = 'skipped',
    output_payload = jsonb_build_object('skip_reason', cast(:reason as text), 'metadata', cast(:metadata as jsonb)),
    finished_at = clock_timestamp(),
    updated_at = now()
where pipeline_run_id = :run_id
  and step_position > :after_position
  and status in ('queued', 'running', 'retrying')
