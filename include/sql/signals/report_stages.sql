-- When each task first and last wrote, in order: where the time went.
select a.task_id, count(distinct a.map_index) as tasks, sum((a.try_number > 1)::int) as retries,
       min(a.started_at) as first_start, max(a.started_at) as last_start
from signal_executions as x
join task_attempts as a on a.run_id = x.airflow_run_id and a.dag_id = 'signal_execution'
where x.id = :execution_id
group by a.task_id
order by first_start
