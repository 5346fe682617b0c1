-- Signs of life of task tries.

-- name: beat
-- A try that is registered says that it works. The column is in no index, so that the row is updated in place.
update task_attempts
set heartbeat_at = now()
where dag_id = :dag_id and run_id = :run_id and task_id = :task_id
  and map_index = :map_index and try_number = :try_number
returning id

-- name: register
-- Registers a try, with its first sign of life.
insert into task_attempts (dag_id, run_id, task_id, map_index, try_number)
values (:dag_id, :run_id, :task_id, :map_index, :try_number)
on conflict (dag_id, run_id, task_id, map_index, try_number) do update set heartbeat_at = now()
returning id

-- name: reopen
-- Opens what was closed as abandoned of the run that a try belongs to: it goes on. Returns how many rows that were.
with tries as (
    select id from task_attempts where dag_id = :dag_id and run_id = :run_id
),
executions as (
    update signal_executions as r
    set status = 'running', error = null, completed_at = null, abandoned_at = null, updated_at = now(),
        written_by = :attempt_id
    where r.abandoned_at is not null and r.status = 'failed' and r.opened_by in (select id from tries)
    returning 1
),
evaluations as (
    update slot_evaluations as r
    set status = 'running', error = null, completed_at = null, abandoned_at = null, written_by = :attempt_id
    where r.abandoned_at is not null and r.status = 'failed' and r.opened_by in (select id from tries)
    returning 1
),
refreshes as (
    update feature_refreshes as r
    set status = 'running', error = null, completed_at = null, abandoned_at = null, written_by = :attempt_id
    where r.abandoned_at is not null and r.status = 'failed' and r.opened_by in (select id from tries)
    returning 1
),
account_runs as (
    update account_refreshes as r
    set status = 'running', error = null, completed_at = null, abandoned_at = null, written_by = :attempt_id
    where r.abandoned_at is not null and r.status = 'failed' and r.opened_by in (select id from tries)
    returning 1
),
promotions as (
    update contact_promotions as r
    set status = 'running', error = null, completed_at = null, abandoned_at = null, written_by = :attempt_id
    where r.abandoned_at is not null and r.status = 'failed' and r.opened_by in (select id from tries)
    returning 1
),
forgotten as (
    update erasures as r
    set status = 'running', error = null, completed_at = null, abandoned_at = null, written_by = :attempt_id
    where r.abandoned_at is not null and r.status = 'failed' and r.opened_by in (select id from tries)
    returning 1
)
select
    (select count(*) from executions) + (select count(*) from evaluations) + (select count(*) from refreshes)
    + (select count(*) from account_runs) + (select count(*) from promotions) + (select count(*) from forgotten)
