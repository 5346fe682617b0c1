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
