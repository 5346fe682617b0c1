-- The task tries of :ids, as written_by names them.
select id, dag_id, run_id, task_id, map_index, try_number, started_at
from task_attempts
where id = any(cast(:ids as bigint[]))
