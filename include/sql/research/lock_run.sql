-- A run, held until the transaction ends: whoever works on it decides alone what comes next.
select id, org_id, company_id, submission_id, trigger_run_id, blueprint_snapshot, status, attempt, error_message
from pipeline_runs
where id = :run_id
for no key update
