-- The next results a kind of briefing is made of, oldest first: of runs that succeeded, or whose write failed before.
select s.ended_at, s.id
from step_results as s
where s.submission_id = :submission_id
  and s.org_id = :org_id
  and s.result_operation_id = :operation_id
  and s.status = 'succeeded'
  and (s.ended_at, s.id) > (
      coalesce(cast(:after_time as timestamptz), '-infinity'),
      coalesce(cast(:after_id as uuid), '00000000-0000-0000-0000-000000000000')
  )
  and (
      exists (select from pipeline_runs as p where p.id = s.pipeline_run_id and p.status = 'succeeded')
      or exists (select from briefing_writes as w where w.step_result_id = s.id and w.status = 'failed')
  )
order by s.ended_at, s.id
limit :most
