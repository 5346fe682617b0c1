-- Whether an org is there, and whose a submission and a pipeline run are; NULL for what is not stored or not asked for.
select
    exists (select from orgs where id = :org_id) as has_org,
    (select org_id from submissions where id = cast(:submission_id as uuid)) as submission_org_id,
    p.org_id as run_org_id,
    p.submission_id as run_submission_id,
    p.finished_at as run_finished_at
from (values (1)) as one
left join pipeline_runs as p on p.id = cast(:pipeline_run_id as uuid)
