-- Adds runs to a submission: its entities, or the children of a fan-out. A repeated fan-out counts as a further attempt.
insert into pipeline_runs (
    org_id, company_id, submission_id, blueprint_id, blueprint_snapshot, blueprint_version, entity_index, status,
    attempt, parent_pipeline_run_id
)
select
    s.org_id, s.company_id, s.id, s.blueprint_id, r.snapshot, r.version, r.entity_index, 'queued',
    1 + coalesce(
        (
            select max(earlier.attempt)
            from pipeline_runs as earlier
            where earlier.submission_id = s.id
              and earlier.parent_pipeline_run_id is not distinct from cast(:parent_id as uuid)
              and earlier.entity_index = r.entity_index
        ),
        0
    ),
    cast(:parent_id as uuid)
from json_to_recordset(cast(:rows as json)) as r (snapshot jsonb, version integer, entity_index integer)
join submissions as s on s.id = :submission_id
order by r.entity_index
returning id, entity_index
