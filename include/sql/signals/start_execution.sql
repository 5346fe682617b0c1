-- Opens an execution, or answers the one this Airflow run has opened before (a retry, a cleared task).
insert into signal_executions (signal_id, configuration, scheduled_for, airflow_run_id)
values (:signal_id, cast(:configuration as jsonb), :scheduled_for, :airflow_run_id)
on conflict (airflow_run_id) where airflow_run_id is not null do update
set status = 'running',
    configuration = excluded.configuration,
    completed_at = null,
    written_by = excluded.written_by,
    updated_at = now()
returning id
