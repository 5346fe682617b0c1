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
