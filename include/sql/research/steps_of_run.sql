-- The newest try of each step of a run. Of the output only what later steps go on with.
select distinct on (step_position)
    id, step_position, status, attempt, started_at,
    output_payload -> 'cumulative_context' as cumulative_context,
    case
        when jsonb_typeof(output_payload #> '{operation_result,output}') = 'object'
            then (output_payload #> '{operation_result,output}') - 'parallel_raw_response'
    end as output,
    coalesce(
        output_payload ->> 'skip_reason' in ('upstream_step_failed', 'parent_step_condition_not_met', 'parent_step_fresh'),
        false
    ) as is_consequence
from step_results
where pipeline_run_id = :run_id
order by step_position, attempt desc
