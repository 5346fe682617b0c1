-- Opens the refresh of an Airflow run, or opens it again when that run starts over. Transactions from the new watermark
-- on may not be visible yet, all before it are.
insert into feature_refreshes (airflow_run_id, params, scope, previous_watermark, watermark, as_of)
select :airflow_run_id, cast(:params as jsonb), :scope, cast(:previous_watermark as jsonb), cast(:watermark as jsonb),
       cast(:as_of as timestamptz)
on conflict (airflow_run_id) do update
set params = excluded.params,
    scope = excluded.scope,
    previous_watermark = excluded.previous_watermark,
    watermark = excluded.watermark,
    as_of = excluded.as_of,
    status = 'running',
    error = null,
    accounts_changed = 0,
    signals_written = 0,
    snapshots_written = 0,
    started_at = now(),
    completed_at = null,
    written_by = excluded.written_by
returning id
