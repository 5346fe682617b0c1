-- Writes how a run ended.
update pipeline_runs
set status = :status,
    started_at = coalesce(started_at, now()),
    finished_at = clock_timestamp(),
    error_message = :error_message,
    error_details = cast(:error_details as jsonb),
    updated_at = now()
where id = :run_id
