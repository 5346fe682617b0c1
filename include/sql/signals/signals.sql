-- Signals: what is looked for, and when by itself.

-- name: upsert_signal
-- Stores a signal under its name; running it again with other settings changes the stored ones. A schedule that is
-- not given leaves the stored one alone.
insert into signals (name, name_key, type, description, configuration, schedule)
values (:name, :name_key, :type, :description, cast(:configuration as jsonb), cast(:schedule as jsonb))
on conflict (org_id, name_key) do update
set type = excluded.type,
    description = coalesce(excluded.description, signals.description),
    configuration = excluded.configuration,
    schedule = coalesce(excluded.schedule, signals.schedule),
    written_by = excluded.written_by,
    updated_at = now()
where (signals.type, signals.description, signals.configuration, signals.schedule)
      is distinct from
      (excluded.type, coalesce(excluded.description, signals.description), excluded.configuration,
       coalesce(excluded.schedule, signals.schedule))

-- name: scheduled_signals
-- Active signals with a schedule of their own, and the last due time each was executed for. Whether a schedule is
-- enabled and usable is for the model to say: one that is not must not stop the others.
select s.id, s.name, s.schedule, s.created_at, max(x.scheduled_for) as last_due_time
from signals as s
left join signal_executions as x on x.signal_id = s.id
where s.status = 'active'
  and s.schedule is not null
group by s.id
order by s.id

-- name: list_signals
-- Signals, the latest created first, behind the one of :created_at and :id.
select id, org_id, name, description, type, status, configuration, schedule, created_at, updated_at
from signals
where cast(:id as uuid) is null or (created_at, id) < (cast(:created_at as timestamptz), cast(:id as uuid))
order by created_at desc, id desc
limit :limit
