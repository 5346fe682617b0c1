-- The evaluation of an Airflow run, as it is stored.
select * from slot_evaluations where airflow_run_id = :airflow_run_id
