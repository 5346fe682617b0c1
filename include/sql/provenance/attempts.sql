-- Where rows came from: task tries, and the answers of agents.

-- name: attempts
-- The task tries of :ids, as written_by names them.
select id, dag_id, run_id, task_id, map_index, try_number, started_at
from task_attempts
where id = any(cast(:ids as bigint[]))

-- name: calls
-- The calls to agents from whose answers the task tries :ids wrote about the companies :company_ids and the sponsors of the
-- events :event_ids: of an execution of a signal the answer that was saved, of a backfill the last answer about the
-- company.
select a.id as attempt_id, q.source, c.id, c.started_at, c.provider
from task_attempts as a
join signal_executions as x on x.airflow_run_id = a.run_id
join execution_questions as q
    on q.execution_id = x.id
    and q.source = any(array(
        select 'company ' || about from unnest(cast(:company_ids as bigint[])) as about
        union all
        select 'event ' || about from unnest(cast(:event_ids as bigint[])) as about
    ))
join agent_calls as c on c.id = q.answer_id
where a.id = any(cast(:ids as bigint[])) and a.dag_id = 'signal_execution'
union all
(
    select distinct on (a.id, m.id) a.id, 'company ' || m.id, c.id, c.started_at, c.provider
    from task_attempts as a
    join agent_calls as c
        on c.scope = 'slot_backfill:' || a.run_id and c.agent = 'people' and c.status in ('succeeded', 'reused')
    join companies as m on m.id = any(cast(:company_ids as bigint[])) and m.name = c.request ->> 'company_name'
    where a.id = any(cast(:ids as bigint[])) and a.dag_id = 'slot_backfill'
    order by a.id, m.id, c.id desc
)
