-- How a submission stands, and what still has to reach the briefing tables.

-- name: report_runs
-- The runs of a submission by status: of each entity, the newest attempt.
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

-- name: report_steps
-- The steps of a submission by operation or reason, status and result: of each step, the newest try.
with newest as (
    select distinct on (pipeline_run_id, step_position) status, result_operation_id, result_status, output_payload,
        error_details
    from step_results
    where submission_id = :submission_id
    order by pipeline_run_id, step_position, attempt desc
)
select
    coalesce(result_operation_id, output_payload ->> 'skip_reason', error_details ->> 'code', '') as what,
    status,
    coalesce(nullif(result_status, 'failed'), '') as result,
    count(*) as steps
from newest
group by 1, 2, 3
order by 1, 2, 3

-- name: report_writes
-- What became of the results of a submission on their way into the briefing tables.
select w.kind, w.status, coalesce(w.reason, '') as reason, count(*) as results
from briefing_writes as w
join step_results as s on s.id = w.step_result_id
where s.submission_id = :submission_id
group by w.kind, w.status, w.reason
order by w.kind, w.status, w.reason

-- name: report_failures
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

-- name: query_results
-- The briefings and job titles in the tables that come from a submission, were there and young enough, or come from
-- deep research that it shares with another submission, the latest first.
with shared as materialized (
    select s.org_id, array_agg(coalesce(paid.external_id, c.external_id)) as run_ids
    from submissions as s
    join agent_calls as c on c.scope = 'research:' || s.id and c.status in ('succeeded', 'reused')
    left join agent_calls as paid on paid.id = c.reused_from_id
    where s.id = :submission_id
    group by s.org_id
),
reused as materialized (
    select array_agg(id) as ids
    from (
        select cast(output_payload #>> '{metadata,briefing_id}' as uuid) as id
        from step_results
        where submission_id = :submission_id
          and status = 'skipped'
          and output_payload ->> 'skip_reason' = 'briefing_fresh'
        union all
        select b.id from company_intel_briefings as b join shared using (org_id) where b.parallel_run_id = any(run_ids)
        union all
        select b.id from person_intel_briefings as b join shared using (org_id) where b.parallel_run_id = any(run_ids)
        union all
        select b.id from icp_job_titles as b join shared using (org_id) where b.parallel_run_id = any(run_ids)
    ) as found
),
results as (
    select 'company' as kind, company_domain as entity, company_name as name, client_company_name as client, processor,
        researched_at
    from company_intel_briefings
    where source_submission_id = :submission_id or id = any((select ids from reused)::uuid[])
    union all
    select 'person', person_full_name, person_current_company_name, client_company_name, processor, researched_at
    from person_intel_briefings
    where source_submission_id = :submission_id or id = any((select ids from reused)::uuid[])
    union all
    select 'icp_job_titles', company_domain, company_name, null, processor, researched_at
    from icp_job_titles
    where source_submission_id = :submission_id or id = any((select ids from reused)::uuid[])
)
select kind, entity, name, client, processor, researched_at, count(*) over () as total
from results
order by researched_at desc, kind, entity
limit :limit

-- name: find_unwritten_results
-- Results of deep research whose way into their table failed, or was cut off.
select s.id, s.result_operation_id
from step_results as s
left join briefing_writes as w on w.step_result_id = s.id
where s.submission_id = :submission_id
  and s.result_operation_id = any(cast(:operation_ids as text[]))
  and s.result_status = 'found'
  and s.status = 'succeeded'
  and (w.status is null or w.status = 'failed')
order by s.ended_at, s.id
