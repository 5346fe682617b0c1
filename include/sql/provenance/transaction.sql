-- How a transaction begins: who writes, how long it may take, and which keys nobody else may write meanwhile.

-- name: register_attempt
-- Registers the task try that opens a unit of work and makes it the default of written_by in this transaction.
with registered as (
    insert into task_attempts (dag_id, run_id, task_id, map_index, try_number)
    values (:dag_id, :run_id, :task_id, :map_index, :try_number)
    on conflict (dag_id, run_id, task_id, map_index, try_number) do nothing
    returning id
),
known as (
    select id from registered
    union all
    select id from task_attempts
    where dag_id = :dag_id and run_id = :run_id and task_id = :task_id
      and map_index = :map_index and try_number = :try_number
    limit 1
)
select set_config('prospecting.task_attempt', id::text, true) from known

-- name: limit_times
-- Bounds every statement of the transaction, and the pauses between them, in milliseconds. What the server, the database
-- or the role has for such pauses stays.
select
    set_config('statement_timeout', :statement_ms, true),
    set_config(
        'idle_in_transaction_session_timeout',
        coalesce(nullif(current_setting('idle_in_transaction_session_timeout'), '0'), :silent_ms),
        true
    )

-- name: lock_keys
-- Locks buckets of identity keys until the transaction ends, always in ascending order.
select count(pg_advisory_xact_lock(hashtext(:namespace), bucket))
from (select bucket from unnest(cast(:buckets as integer[])) as bucket order by bucket) as buckets

-- name: share_keys
-- Like lock_keys, but only against those who do not share.
select count(pg_advisory_xact_lock_shared(hashtext(:namespace), bucket))
from (select bucket from unnest(cast(:buckets as integer[])) as bucket order by bucket) as buckets
