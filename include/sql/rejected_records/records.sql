-- What could not be used.

-- name: record
-- Keeps what could not be used. The fingerprint makes a retried task count the same thing once.
insert into rejected_records (execution_id, stage, record_type, reason, detail, raw, source, fingerprint)
select :execution_id, stage, record_type, reason, detail, raw, source, fingerprint
from json_to_recordset(cast(:rows as json)) as r (
    stage text, record_type text, reason text, detail text, raw jsonb, source text, fingerprint text
)
order by fingerprint
on conflict (execution_id, fingerprint) do nothing

-- name: forget_agent_failures
-- Forgets what earlier tries of a task noted about questions without a usable answer: it asks them again.
delete from rejected_records
where execution_id = :execution_id and (stage = 'agent' or reason in ('unexpected_error', 'over_budget')) and source = any(:sources)

-- name: forget_others
-- Forgets what an earlier try of a task noted under one source and would not note now.
delete from rejected_records
where execution_id = :execution_id and source = :source and fingerprint <> all(cast(:kept as text[]))

-- name: reasons
-- Why records of an execution, or of an Airflow run, could not be used (of :record_types, when given), most frequent first,
-- with one sentence and one source each. A row whose raw is a count stands for so many.
select stage, record_type, reason,
       sum(
           case when jsonb_typeof(raw) <> 'object' then 1
                when raw - 'count' - 'kind' = '{}' and raw ->> 'count' ~ '^[0-9]{1,9}$' then (raw ->> 'count')::bigint
                else 1 end
       )::bigint as records,
       coalesce(min(detail) filter (where detail !~ '^[0-9,]+ more$'), min(detail)) as detail,
       min(source) as source
from rejected_records
where (cast(:execution_id as uuid) is null or execution_id = cast(:execution_id as uuid))
  and (cast(:run_id as text) is null
       or written_by = any(array(
           select id from task_attempts where dag_id = cast(:dag_id as text) and run_id = cast(:run_id as text)
       )))
  and (cast(:record_types as text[]) is null or record_type = any(:record_types))
group by stage, record_type, reason
order by (stage = 'filter'), records desc, record_type, reason
