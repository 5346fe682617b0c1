-- Closing what nobody works on any more.

-- name: close_abandoned
-- Fails runs without a sign of life of any of their tries, and abandons calls whose own try gave none, for
-- :silent_seconds. Rows that somebody holds are left to the next time. Costs and steps of calls as in
-- agent_calls/abandon_unfinished. Calls to :outlasting providers are left alone: their work goes on without the worker
-- that asked. Returns how many rows of each kind were closed.
with silence as (
    select now() - make_interval(secs => :silent_seconds) as since
),
-- A promotion or an erasure that is planned waits for a person, for days: only those that run are looked at.
running as (
    select 'signal_executions' as kind, cast(id as text) as id, opened_by, greatest(started_at, updated_at) as moved_at
    from signal_executions where status = 'running'
    union all
    select 'slot_evaluations', cast(id as text), opened_by, started_at
    from slot_evaluations where status = 'running'
    union all
    select 'feature_refreshes', cast(id as text), opened_by, started_at
    from feature_refreshes where status = 'running'
    union all
    select 'account_refreshes', cast(id as text), opened_by, started_at
    from account_refreshes where status = 'running'
    union all
    select 'contact_promotions', cast(id as text), opened_by, greatest(started_at, decided_at)
    from contact_promotions where status = 'running'
    union all
    select 'erasures', cast(id as text), opened_by, greatest(started_at, decided_at)
    from erasures where status = 'running'
),
-- Moments that others may move meanwhile are looked at once more under the lock.
silent as materialized (
    select r.kind, r.id
    from running as r
    where r.moved_at < (select since from silence)
      and not exists (
          select
          from task_attempts as o
          join task_attempts as a on a.dag_id = o.dag_id and a.run_id = o.run_id
          where o.id = r.opened_by and a.heartbeat_at >= (select since from silence)
      )
),
executions as (
    update signal_executions
    set status = 'failed',
        error = jsonb_build_object('kind', 'abandoned', 'message', cast(:message as text)),
        completed_at = now(), abandoned_at = now(), updated_at = now(), written_by = default
    where id in (
        select r.id from signal_executions as r
        join silent as s on s.kind = 'signal_executions' and s.id = cast(r.id as text)
        where r.status = 'running' and greatest(r.started_at, r.updated_at) < (select since from silence)
        for update of r skip locked
    )
    returning 1
),
evaluations as (
    update slot_evaluations
    set status = 'failed', error = 'abandoned: ' || cast(:message as text),
        completed_at = now(), abandoned_at = now(), written_by = default
    where id in (
        select r.id from slot_evaluations as r
        join silent as s on s.kind = 'slot_evaluations' and s.id = cast(r.id as text)
        where r.status = 'running'
        for update of r skip locked
    )
    returning 1
),
refreshes as (
    update feature_refreshes
    set status = 'failed', error = 'abandoned: ' || cast(:message as text),
        completed_at = now(), abandoned_at = now(), written_by = default
    where id in (
        select r.id from feature_refreshes as r
        join silent as s on s.kind = 'feature_refreshes' and s.id = cast(r.id as text)
        where r.status = 'running'
        for update of r skip locked
    )
    returning 1
),
account_runs as (
    update account_refreshes
    set status = 'failed', error = 'abandoned: ' || cast(:message as text),
        completed_at = now(), abandoned_at = now(), written_by = default
    where id in (
        select r.id from account_refreshes as r
        join silent as s on s.kind = 'account_refreshes' and s.id = cast(r.id as text)
        where r.status = 'running'
        for update of r skip locked
    )
    returning 1
),
promotions as (
    update contact_promotions
    set status = 'failed', error = 'abandoned: ' || cast(:message as text),
        completed_at = now(), abandoned_at = now(), written_by = default
    where id in (
        select r.id from contact_promotions as r
        join silent as s on s.kind = 'contact_promotions' and s.id = cast(r.id as text)
        where r.status = 'running' and greatest(r.started_at, r.decided_at) < (select since from silence)
        for update of r skip locked
    )
    returning 1
),
forgotten as (
    update erasures
    set status = 'failed', error = 'abandoned: ' || cast(:message as text),
        completed_at = now(), abandoned_at = now(), written_by = default
    where id in (
        select r.id from erasures as r
        join silent as s on s.kind = 'erasures' and s.id = cast(r.id as text)
        where r.status = 'running' and greatest(r.started_at, r.decided_at) < (select since from silence)
        for update of r skip locked
    )
    returning 1
),
calls as (
    update agent_calls as closed
    set status = 'abandoned',
        error_kind = 'abandoned',
        error_message = 'The worker gave no sign of life before the outcome of the call was known',
        (input_tokens, output_tokens, cost_usd) = (
            select sum(s.input_tokens), sum(s.output_tokens), sum(s.cost_usd)
            from agent_steps as s
            where s.call_id = closed.id
            having bool_and(s.cost_usd is not null)
        ),
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
    returning id
),
interrupted as (
    update agent_steps as s
    set status = 'failed', error_kind = 'interrupted', finished_at = clock_timestamp()
    from calls
    where s.call_id = calls.id and s.status = 'started'
)
select
    (select count(*) from executions) as signal_executions,
    (select count(*) from evaluations) as slot_evaluations,
    (select count(*) from refreshes) as feature_refreshes,
    (select count(*) from account_runs) as account_refreshes,
    (select count(*) from promotions) as contact_promotions,
    (select count(*) from forgotten) as erasures,
    (select count(*) from calls) as agent_calls
