-- A submission's status follows from its runs: of each entity, the newest attempt.
with newest as (
    select distinct on (
        parent_pipeline_run_id, coalesce(entity_index::text, blueprint_snapshot #>> '{entity,index}', id::text)
    ) status
    from pipeline_runs
    where submission_id = :submission_id
    order by
        parent_pipeline_run_id, coalesce(entity_index::text, blueprint_snapshot #>> '{entity,index}', id::text),
        attempt desc, created_at desc, id
),
told as (
    select case
        when count(*) = 0 then 'received'
        when bool_or(status = 'failed') then 'failed'
        when bool_or(status = 'running') then 'running'
        when bool_and(status = 'queued') then 'queued'
        when bool_or(status = 'queued') then 'running'
        when bool_or(status = 'succeeded') then 'completed'
        else 'canceled'
    end as status
    from newest
)
update submissions
set status = told.status, updated_at = now()
from told
where submissions.id = :submission_id
  and submissions.status <> 'canceled'
  and submissions.status <> told.status
