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
