-- The outcome of each result of research (briefing_writes), and how much a run has written.

-- name: record_writes
-- Notes what became of results (:rows, a JSON array), where that is news. A failed write is news each time.
insert into briefing_writes (step_result_id, kind, status, reason, detail)
select r.step_result_id, r.kind, r.status, r.reason, r.detail
from json_to_recordset(cast(:rows as json)) as r (
    step_result_id uuid, kind text, status text, reason text, detail text
)
where r.status = 'failed'
   or not exists (
       select
       from briefing_writes as w
       where w.step_result_id = r.step_result_id
         and (w.kind, w.status, w.reason, w.detail) is not distinct from (r.kind, r.status, r.reason, r.detail)
   )
order by r.step_result_id
on conflict (step_result_id) do update
set kind = excluded.kind,
    status = excluded.status,
    reason = excluded.reason,
    detail = excluded.detail,
    attempts = briefing_writes.attempts + 1,
    updated_at = now(),
    written_by = default

-- name: record_failed_write
-- Notes that a result did not reach its table. A result that is gone meanwhile needs no note.
insert into briefing_writes (step_result_id, kind, status, reason, detail)
select id, :kind, 'failed', :reason, :detail
from step_results
where id = :step_result_id
on conflict (step_result_id) do update
set kind = excluded.kind,
    status = excluded.status,
    reason = excluded.reason,
    detail = excluded.detail,
    attempts = briefing_writes.attempts + 1,
    updated_at = now(),
    written_by = default

-- name: forget_writes
-- Nothing is to be written for these results any more: there is no briefing in them.
delete from briefing_writes
where step_result_id = any(cast(:step_result_ids as uuid[])) and kind = :kind

-- name: failed_writes
-- Results of a submission that did not reach their table and may at another try, oldest first.
select w.step_result_id, w.kind
from briefing_writes as w
join step_results as s on s.id = w.step_result_id
where w.status = 'failed' and s.submission_id = :submission_id
order by s.ended_at, s.id

-- name: count_written
-- How many briefings of a kind the tasks of an Airflow run have written, be it as the current one or into the history.
with attempt as materialized (
    select id from task_attempts where dag_id = :dag_id and run_id = :run_id
)
select count(distinct written.id)
from (
    select id from company_intel_briefings
    where :kind = 'company' and written_by in (select id from attempt)
    union all
    select briefing_id from company_intel_briefings_history
    where :kind = 'company' and written_by in (select id from attempt)
    union all
    select id from person_intel_briefings
    where :kind = 'person' and written_by in (select id from attempt)
    union all
    select briefing_id from person_intel_briefings_history
    where :kind = 'person' and written_by in (select id from attempt)
    union all
    select id from icp_job_titles
    where :kind = 'icp_job_titles' and written_by in (select id from attempt)
    union all
    select briefing_id from icp_job_titles_history
    where :kind = 'icp_job_titles' and written_by in (select id from attempt)
) as written
