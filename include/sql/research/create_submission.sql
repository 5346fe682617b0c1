-- Opens a submission; the same Airflow run always has the same one.
insert into submissions (org_id, source, input_payload, blueprint, status, metadata, airflow_run_id)
values (
    :org_id, :source, cast(:input_payload as jsonb), cast(:blueprint as jsonb), 'received', cast(:metadata as jsonb),
    :airflow_run_id
)
on conflict (airflow_run_id) where airflow_run_id is not null do nothing
