-- What step results say, without the research itself: that is large, and stays here unless it has an unusual shape.
-- source says where it lies: 'content' in the envelope, 'response' without one, NULL for a response to be looked at.
select
    s.id as step_result_id,
    s.org_id,
    s.submission_id as source_submission_id,
    s.pipeline_run_id as source_pipeline_run_id,
    coalesce(s.finished_at, p.finished_at, s.started_at, p.started_at, s.created_at) as researched_at,
    s.step_position,
    s.attempt,
    s.result_operation_id,
    s.result_status,
    case when jsonb_typeof(o.output) = 'object' then o.output - 'parallel_raw_response' end as output,
    r.source,
    case when r.source is null then o.response end as response
from step_results as s
join pipeline_runs as p on p.id = s.pipeline_run_id
-- Taken out of the payload once: it is unpacked each time it is looked into.
cross join lateral (
    select output, output -> 'parallel_raw_response' as response
    from (select s.output_payload #> '{operation_result,output}' as output offset 0) as unpacked
    offset 0
) as o
cross join lateral (
    select case
               when jsonb_typeof(o.response) is distinct from 'object' or o.response = '{}' then null
               when coalesce(jsonb_typeof(o.response #> '{output,content}'), 'null') = 'null'
                    or jsonb_typeof(o.response -> 'output') <> 'object'
                   then 'response'
               when jsonb_typeof(o.response #> '{output,content}') = 'object'
                    and o.response #> '{output,content}' <> '{}'
                   then 'content'
           end as source
    offset 0
) as r
where s.id = any(cast(:step_result_ids as uuid[]))
