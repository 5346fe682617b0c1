-- Runs of a submission that something is left to do for, in order. Of each entity only the newest attempt counts.
with newest as (
    select distinct on (
        parent_pipeline_run_id, coalesce(entity_index::text, blueprint_snapshot #>> '{entity,index}', id::text)
    ) id, status, entity_index, parent_pipeline_run_id, created_at
    from pipeline_runs
    where submission_id = :submission_id
    order by
        parent_pipeline_run_id, coalesce(entity_index::text, blueprint_snapshot #>> '{entity,index}', id::text),
        attempt desc, created_at desc, id
)
select n.id, n.status, n.entity_index, r.blueprint_snapshot -> 'entity' as entity, count(*) over () as total
from newest as n
join pipeline_runs as r on r.id = n.id
where n.status = any(cast(:statuses as text[]))
  and (n.parent_pipeline_run_id is null or not :only_roots)
order by n.created_at, n.parent_pipeline_run_id nulls first, n.entity_index, n.id
limit :most
