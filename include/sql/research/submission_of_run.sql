-- The submission an Airflow run has opened.
select id from submissions where airflow_run_id = :airflow_run_id
