-- How the runs of a submission stand: of each entity, the newest attempt.
with newest as (
    select distinct on (
        parent_pipeline_run_id, coalesce(entity_index::text, blueprint_snapshot #>> '{entity,index}', id::text)
    ) status, parent_pipeline_run_id
    from pipeline_runs
    where submission_id = :submission_id
    order by
        parent_pipeline_run_id, coalesce(entity_index::text, blueprint_snapshot #>> '{entity,index}', id::text),
        attempt desc, created_at desc, id
)
select status, count(*) as runs, count(*) filter (where parent_pipeline_run_id is not null) as children
from newest
group by status
order by status
