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

-- name: lock_named
-- The stored signal of a name, locked until the transaction ends.
select * from signals where org_id is null and name_key = :name_key for update

-- name: set_schedule
-- Gives a stored signal another schedule, or none; the same one again changes nothing.
update signals
set schedule = cast(:schedule as jsonb), written_by = default, updated_at = now()
where id = :signal_id and schedule is distinct from cast(:schedule as jsonb)

-- name: lock_signal
-- The stored signal of an id, locked until the transaction ends.
select * from signals where id = :signal_id for update

-- name: scheduled_signals
-- Signals of a :status with a schedule of their own, and the last due time each was executed for. Whether a schedule is
-- enabled and usable is for the model to say: one that is not must not stop the others.
select s.id, s.name, s.schedule, s.created_at, s.updated_at, max(x.scheduled_for) as last_due_time
from signals as s
left join signal_executions as x on x.signal_id = s.id
where s.status = :status
  and s.schedule is not null
group by s.id
order by s.id

-- name: list_signals
-- Signals, archived ones or the others, each with its latest execution.
select s.id, s.name, s.description, s.type, s.status, s.configuration, s.schedule,
       e.status as last_status, e.airflow_run_id as last_run_id, e.started_at as last_started_at, e.stats as last_stats
from signals as s
left join lateral (
    select * from signal_executions as latest where latest.signal_id = s.id order by latest.started_at desc limit 1
) as e on true
where (s.status = 'archived') = :archived
order by s.name, s.id
limit 1000

-- name: forget_description
-- Takes the description of a signal away; a signal without one stays as it is.
update signals
set description = null, written_by = default, updated_at = now()
where id = :signal_id and description is not null

-- name: set_status
-- Lets a signal go on, pauses it, or puts it away; the same status again changes nothing.
update signals
set status = :status, written_by = default, updated_at = now()
where id = :signal_id and status is distinct from :status
