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
