-- The refresh of an Airflow run.
select id, scope, status, error, as_of, accounts_changed, signals_written, snapshots_written
from feature_refreshes
where airflow_run_id = :airflow_run_id
