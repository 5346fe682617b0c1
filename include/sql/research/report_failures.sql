-- Why runs of a submission failed, most frequent first: of each entity, the newest attempt.
with newest as (
    select distinct on (
        parent_pipeline_run_id, coalesce(entity_index::text, blueprint_snapshot #>> '{entity,index}', id::text)
    ) status, error_message
    from pipeline_runs
    where submission_id = :submission_id
    order by
        parent_pipeline_run_id, coalesce(entity_index::text, blueprint_snapshot #>> '{entity,index}', id::text),
        attempt desc, created_at desc, id
)
select coalesce(error_message, 'no reason') as reason, count(*) as runs
from newest
where status = 'failed'
group by error_message
order by runs desc, reason
limit 5
