-- Runs that this Airflow run worked on last and did not end.
select id
from pipeline_runs
where submission_id = :submission_id
  and status = 'running'
  and trigger_run_id = :claim || '/' || id
order by id
for no key update
