-- Results of a submission that did not reach their table and may at another try, oldest first.
select w.step_result_id, w.kind
from briefing_writes as w
join step_results as s on s.id = w.step_result_id
where w.status = 'failed' and s.submission_id = :submission_id
order by s.ended_at, s.id
