-- The life of one call: intent, number outside, outcome.

-- name: open_call
-- Records the intent to call. clock_timestamp(): the transaction may have waited for the lock of the scope.
insert into agent_calls (scope, agent, provider, version, request_key, request, status, reserved_usd, started_at)
values (
    :scope, :agent, :provider, :version, :request_key, cast(:request as jsonb), 'started', :reserved_usd,
    clock_timestamp()
)
returning id

-- name: is_cancelled
-- True when a scope is an execution that somebody has cancelled.
select exists (
    select
    from signal_executions
    where id = case
            when :scope ~ '^signal_execution:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then substr(:scope, 18)::uuid
        end
      and status = 'cancelled'
)

-- name: note_external_id
-- The number under which the other side works on a call: from here on the call is found again, whatever happens.
update agent_calls set external_id = :external_id where id = :call_id and status = 'started'

-- name: finish_call
-- Records the answer of a call: raw bytes, latency, tokens and cost; and how long others may use it. An answer that
-- comes after its call was declared abandoned was paid for, too. Nothing when its scope has another answer by now. One
-- that was cut off in the middle is for its own scope alone.
update agent_calls as c
set status = 'succeeded',
    error_kind = null,
    error_message = null,
    response = :response,
    latency_ms = coalesce(
        cast(:latency_ms as integer),
        -- The latency of a research run that is fetched weeks later exceeds an integer.
        least(round(extract(epoch from clock_timestamp() - started_at) * 1000), 2147483647)::integer
    ),
    input_tokens = :input_tokens,
    output_tokens = :output_tokens,
    cost_usd = :cost_usd,
    truncated = :truncated,
    finished_at = clock_timestamp(),
    expires_at = case
        when :ttl_seconds > 0 and not :truncated then clock_timestamp() + make_interval(secs => :ttl_seconds)
    end
where id = :call_id
  and status in ('started', 'abandoned')
  and not exists (
      select from agent_calls as other
      where other.scope = c.scope and other.request_key = c.request_key and other.status in ('succeeded', 'reused')
  )

-- name: supersede_call
-- Records what a call cost whose answer is not stored, because another one to the same question came first.
update agent_calls
set status = 'abandoned',
    error_kind = 'superseded',
    error_message = 'Another answer to the same question was recorded first',
    latency_ms = :latency_ms,
    input_tokens = :input_tokens,
    output_tokens = :output_tokens,
    cost_usd = :cost_usd,
    finished_at = clock_timestamp()
where id = :call_id
  and status in ('started', 'abandoned')

-- name: fail_call
-- Records why a call failed. A cost of NULL means that nobody knows whether it was billed: the reservation counts.
-- It is recorded of a call that was declared abandoned, too. A step that was in flight ends with its call. Returns how many.
with failed as (
    update agent_calls
    set status = 'failed',
        error_kind = :error_kind,
        error_message = left(:error_message, 500),
        http_status = :http_status,
        latency_ms = :latency_ms,
        input_tokens = :input_tokens,
        output_tokens = :output_tokens,
        cost_usd = :cost_usd,
        finished_at = clock_timestamp()
    where id = :call_id
      and status in ('started', 'abandoned')
    returning id
),
interrupted as (
    update agent_steps as s
    set status = 'failed', error_kind = 'interrupted', finished_at = clock_timestamp()
    from failed
    where s.call_id = failed.id and s.status = 'started'
)
select count(*) from failed

-- name: find_unfinished
-- The call of a question that was started and has no outcome; external_id: the number outside, once it is known.
select id, external_id, started_at
from agent_calls
where scope = :scope
  and request_key = :request_key
  and status = 'started'
order by id desc
limit 1

-- name: abandon_lost
-- Closes calls whose question nobody holds the lock of any more: whoever asks keeps it until the outcome is recorded.
-- Those to :outlasting providers are left alone, which are not waited for under the lock. A call that ends meanwhile is
-- not started any more when its turn comes. Costs and steps as in abandon_unfinished. Returns how many.
with started as materialized (
    select id, scope, request_key
    from agent_calls
    where status = 'started' and provider <> all(cast(:outlasting as text[]))
    order by id
),
lost as materialized (
    select id from started
    where pg_try_advisory_xact_lock(hashtextextended('agent_call ' || scope || ' ' || request_key, 0))
),
closed as (
    update agent_calls as c
    set status = 'abandoned',
        error_kind = 'abandoned',
        error_message = 'The worker ended before the outcome of the call was known',
        (input_tokens, output_tokens, cost_usd) = (
            select sum(s.input_tokens), sum(s.output_tokens), sum(s.cost_usd)
            from agent_steps as s
            where s.call_id = c.id
            having bool_and(s.cost_usd is not null)
        ),
        finished_at = now()
    from lost
    where c.id = lost.id and c.status = 'started'
    returning c.id
),
interrupted as (
    update agent_steps as s
    set status = 'failed', error_kind = 'interrupted', finished_at = clock_timestamp()
    from closed
    where s.call_id = closed.id and s.status = 'started'
)
select count(*) from closed

-- name: abandon_unfinished
-- Closes calls of one question whose worker died between intent and outcome, with the step that was in flight. A call
-- costs what its steps cost. Where there is none, or one whose cost nobody knows because it was in flight, the cost stays
-- unknown (NULL), so the reservation keeps counting against the budget. Returns how many.
with closed as (
    update agent_calls as c
    set status = 'abandoned',
        error_kind = 'abandoned',
        error_message = 'The worker ended before the outcome of the call was known',
        (input_tokens, output_tokens, cost_usd) = (
            select sum(s.input_tokens), sum(s.output_tokens), sum(s.cost_usd)
            from agent_steps as s
            where s.call_id = c.id
            having bool_and(s.cost_usd is not null)
        ),
        finished_at = clock_timestamp()
    where scope = :scope
      and request_key = :request_key
      and status = 'started'
    returning c.id
),
interrupted as (
    update agent_steps as s
    set status = 'failed', error_kind = 'interrupted', finished_at = clock_timestamp()
    from closed
    where s.call_id = closed.id and s.status = 'started'
)
select count(*) from closed

-- name: first_failure
-- The first call of a scope that failed: the kind of error, and its sentence, which names the remedy.
select error_kind, error_message
from agent_calls
where scope = :scope and status = 'failed' and error_message is not null
order by started_at, id
limit 1
