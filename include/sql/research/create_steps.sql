-- Queues steps of runs; those that are there already stay as they are.
insert into step_results (
    org_id, company_id, pipeline_run_id, submission_id, step_id, blueprint_step_id, step_position, status, attempt
)
select
    r.org_id, r.company_id, r.id, r.submission_id, s.step_id, s.step_id, s.position, 'queued', s.attempt
from json_to_recordset(cast(:rows as json)) as s (run_id uuid, position integer, attempt integer, step_id uuid)
join pipeline_runs as r on r.id = s.run_id
order by r.id, s.position
on conflict (pipeline_run_id, step_position, attempt) do nothing
