-- Executions whose run ended without its last task (marked failed by hand, timed out, lost machine) do not run for ever.
update signal_executions
set status = 'failed',
    error = jsonb_build_object('kind', 'abandoned', 'message', 'The run ended without writing its results'),
    completed_at = now(),
    updated_at = now(),
    written_by = default
where status = 'running' and started_at < now() - make_interval(hours => :hours) and updated_at < now() - make_interval(hours => :hours)
returning id
