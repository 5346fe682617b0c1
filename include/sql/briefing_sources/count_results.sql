-- How many results of an operation each submission has to offer, and how many of its runs that succeeded have none.
select s.id as submission_id, offered.step_results, without.runs_without_results
from submissions as s
cross join lateral (
    select count(*) as step_results
    from step_results as r
    join pipeline_runs as p on p.id = r.pipeline_run_id
    where r.submission_id = s.id
      and r.result_operation_id = :operation_id
      and r.status = 'succeeded'
      and (
          p.status = 'succeeded'
          or exists (select from briefing_writes as w where w.step_result_id = r.id and w.status = 'failed')
      )
) as offered
cross join lateral (
    select count(*) as runs_without_results
    from pipeline_runs as p
    where p.submission_id = s.id
      and p.status = 'succeeded'
      and not exists (
          select
          from step_results as r
          where r.pipeline_run_id = p.id and r.status = 'succeeded' and r.result_operation_id = :operation_id
      )
) as without
where s.org_id = :org_id and s.id = any(cast(:submission_ids as uuid[]))
order by s.created_at, s.id
