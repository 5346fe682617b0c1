-- Closing what nobody works on any more.

-- name: close_abandoned
-- Fails runs without a sign of life of any of their tries, and abandons calls whose own try gave none, for
-- :silent_seconds. Rows that somebody holds are left to the next time. The cost of an abandoned call stays unknown
-- (NULL), so its reservation keeps counting against the budget. Calls to :outlasting providers are left alone: their
-- work goes on without the worker that asked. Returns how many rows of each kind were closed.
with silence as (
    select now() - make_interval(secs => :silent_seconds) as since
),
executions as (
    update signal_executions
    set status = 'failed',
        error = jsonb_build_object('kind', 'abandoned', 'message', cast(:message as text)),
        completed_at = now(),
        abandoned_at = now(),
        updated_at = now(),
        written_by = default
    where id in (
        select r.id
        from signal_executions as r
        where r.status = 'running'
          and greatest(r.started_at, r.updated_at) < (select since from silence)
          and not exists (
              select
              from task_attempts as o
              join task_attempts as a on a.dag_id = o.dag_id and a.run_id = o.run_id
              where o.id = r.opened_by and a.heartbeat_at >= (select since from silence)
          )
        for update of r skip locked
    )
    returning 1
),
evaluations as (
    update slot_evaluations
    set status = 'failed',
        error = 'abandoned: ' || cast(:message as text),
        completed_at = now(),
        abandoned_at = now(),
        written_by = default
    where id in (
        select r.id
        from slot_evaluations as r
        where r.status = 'running'
          and r.started_at < (select since from silence)
          and not exists (
              select
              from task_attempts as o
              join task_attempts as a on a.dag_id = o.dag_id and a.run_id = o.run_id
              where o.id = r.opened_by and a.heartbeat_at >= (select since from silence)
          )
        for update of r skip locked
    )
    returning 1
),
refreshes as (
    update feature_refreshes
    set status = 'failed',
        error = 'abandoned: ' || cast(:message as text),
        completed_at = now(),
        abandoned_at = now(),
        written_by = default
    where id in (
        select r.id
        from feature_refreshes as r
        where r.status = 'running'
          and r.started_at < (select since from silence)
          and not exists (
              select
              from task_attempts as o
              join task_attempts as a on a.dag_id = o.dag_id and a.run_id = o.run_id
              where o.id = r.opened_by and a.heartbeat_at >= (select since from silence)
          )
        for update of r skip locked
    )
    returning 1
),
account_runs as (
    update account_refreshes
    set status = 'failed',
        error = 'abandoned: ' || cast(:message as text),
        completed_at = now(),
        abandoned_at = now(),
        written_by = default
    where id in (
        select r.id
        from account_refreshes as r
        where r.status = 'running'
          and r.started_at < (select since from silence)
          and not exists (
              select
              from task_attempts as o
              join task_attempts as a on a.dag_id = o.dag_id and a.run_id = o.run_id
              where o.id = r.opened_by and a.heartbeat_at >= (select since from silence)
          )
        for update of r skip locked
    )
    returning 1
),
promotions as (
    -- One that is planned waits for a person, for days; nobody has to work on it meanwhile.
    update contact_promotions
    set status = 'failed',
        error = 'abandoned: ' || cast(:message as text),
        completed_at = now(),
        abandoned_at = now(),
        written_by = default
    where id in (
        select r.id
        from contact_promotions as r
        where r.status = 'running'
          and greatest(r.started_at, r.decided_at) < (select since from silence)
          and not exists (
              select
              from task_attempts as o
              join task_attempts as a on a.dag_id = o.dag_id and a.run_id = o.run_id
              where o.id = r.opened_by and a.heartbeat_at >= (select since from silence)
          )
        for update of r skip locked
    )
    returning 1
),
forgotten as (
    -- As with promotions: one that is planned waits for a person.
    update erasures
    set status = 'failed',
        error = 'abandoned: ' || cast(:message as text),
        completed_at = now(),
        abandoned_at = now(),
        written_by = default
    where id in (
        select r.id
        from erasures as r
        where r.status = 'running'
          and greatest(r.started_at, r.decided_at) < (select since from silence)
          and not exists (
              select
              from task_attempts as o
              join task_attempts as a on a.dag_id = o.dag_id and a.run_id = o.run_id
              where o.id = r.opened_by and a.heartbeat_at >= (select since from silence)
          )
        for update of r skip locked
    )
    returning 1
),
calls as (
    update agent_calls
    set status = 'abandoned',
        error_kind = 'abandoned',
        error_message = 'The worker gave no sign of life before the outcome of the call was known',
        finished_at = now()
    where id in (
        select c.id
        from agent_calls as c
        where c.status = 'started'
          and c.provider <> all(cast(:outlasting as text[]))
          and c.started_at < (select since from silence)
          and not exists (
              select from task_attempts as a
              where a.id = c.written_by and a.heartbeat_at >= (select since from silence)
          )
        for update of c skip locked
    )
    returning 1
)
select
    (select count(*) from executions) as signal_executions,
    (select count(*) from evaluations) as slot_evaluations,
    (select count(*) from refreshes) as feature_refreshes,
    (select count(*) from account_runs) as account_refreshes,
    (select count(*) from promotions) as contact_promotions,
    (select count(*) from forgotten) as erasures,
    (select count(*) from calls) as agent_calls
