-- Every submission of an org with at least one result of the operation that briefings are made of, oldest first.
select s.id
from submissions as s
where s.org_id = :org_id
  and exists (
      select
      from step_results as r
      join pipeline_runs as p on p.id = r.pipeline_run_id
      where r.submission_id = s.id
        and r.result_operation_id = :operation_id
        and r.status = 'succeeded'
        and (
            p.status = 'succeeded'
            or exists (select from briefing_writes as w where w.step_result_id = r.id and w.status = 'failed')
        )
  )
order by s.created_at, s.id
