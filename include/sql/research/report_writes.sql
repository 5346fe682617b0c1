-- What became of the briefings of a submission.
select w.kind, w.status, coalesce(w.reason, '') as reason, count(*) as results
from briefing_writes as w
join step_results as s on s.id = w.step_result_id
where s.submission_id = :submission_id
group by w.kind, w.status, w.reason
order by w.kind, w.status, w.reason
