-- The execution an Airflow run has opened.
select id from signal_executions where airflow_run_id = :airflow_run_id
