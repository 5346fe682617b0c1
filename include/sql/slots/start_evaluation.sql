-- Opens the evaluation of an Airflow run, or opens it again when that run starts over.
insert into slot_evaluations (airflow_run_id, params, is_full)
values (:airflow_run_id, cast(:params as jsonb), :is_full)
on conflict (airflow_run_id) do update
set params = excluded.params,
    is_full = excluded.is_full,
    status = 'running',
    error = null,
    started_at = now(),
    completed_at = null,
    written_by = excluded.written_by
returning id
