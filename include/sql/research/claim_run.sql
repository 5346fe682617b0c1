-- Somebody works on a run now. What an earlier attempt ended with is forgotten.
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
