-- A step begins, or goes on.
update step_results
set status = 'running',
    started_at = coalesce(started_at, clock_timestamp()),
    task_run_id = :task_run_id,
    input_payload = coalesce(input_payload, cast(:input_payload as jsonb)),
    updated_at = now()
where id = :step_result_id
  and (status, task_run_id) is distinct from ('running', :task_run_id)
