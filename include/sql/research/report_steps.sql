-- How the steps of a submission went: by operation or reason.
select
    coalesce(result_operation_id, output_payload ->> 'skip_reason', error_details ->> 'code', '') as what,
    status,
    coalesce(result_status, '') as result,
    count(*) as steps
from step_results
where submission_id = :submission_id
group by 1, 2, 3
order by 1, 2, 3
