-- How the steps of a submission went, the newest try of each: by operation or reason.
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
