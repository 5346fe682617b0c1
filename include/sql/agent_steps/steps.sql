-- The life of one step of an answer: intent, outcome, replay.

-- name: tries_of_question
-- The tries of all steps of a question in its scope, below whichever call they were made, and when it was first asked.
-- One row without a step when there are none.
select asked.first_at, s.id, s.step_key, s.status, s.response is not null as came_back,
       s.error_kind, s.error_message, s.http_status
from agent_calls as asking
cross join lateral (
    select min(c.started_at) as first_at, array_agg(c.id) as call_ids
    from agent_calls as c
    where c.scope = asking.scope and c.request_key = asking.request_key
) as asked
left join agent_steps as s on s.call_id = any(asked.call_ids)
where asking.id = :call_id
order by s.id

-- name: response_of_step
-- What came back in a step.
select response from agent_steps where id = :step_id

-- name: open_step
-- Records the intent to ask somebody outside.
insert into agent_steps (call_id, sequence, kind, step_key, request, status, started_at)
values (:call_id, :sequence, :kind, :step_key, cast(:request as jsonb), 'started', clock_timestamp())
returning id

-- name: finish_step
-- Records what came back, and what it cost. What cannot be used counts as a failure, which is not replayed. A worker that
-- was taken for dead and was only slow records it, too.
update agent_steps
set status = case when cast(:unusable as text) is null then 'succeeded' else 'failed' end,
    error_kind = cast(:unusable as text),
    response = :response,
    latency_ms = :latency_ms,
    input_tokens = :input_tokens,
    output_tokens = :output_tokens,
    cost_usd = :cost_usd,
    finished_at = clock_timestamp()
where id = :step_id and (status = 'started' or error_kind = 'interrupted')

-- name: fail_step
-- Records why nothing came back. A cost of NULL: nobody knows whether it was billed.
update agent_steps
set status = 'failed',
    error_kind = :error_kind,
    error_message = left(:error_message, 500),
    http_status = :http_status,
    latency_ms = :latency_ms,
    cost_usd = :cost_usd,
    finished_at = clock_timestamp()
where id = :step_id and (status = 'started' or error_kind = 'interrupted')

-- name: steps_of_question
-- The steps of a call, and of the earlier calls of its scope with the same question, whose steps it replayed.
select s.id, s.call_id, s.sequence, s.kind, s.request, s.status, s.error_kind, s.error_message, s.http_status,
       s.latency_ms, s.input_tokens, s.output_tokens, s.cost_usd, s.started_at
from agent_calls as asking
join agent_calls as c on c.scope = asking.scope and c.request_key = asking.request_key and c.id <= asking.id
join agent_steps as s on s.call_id = c.id
where asking.id = :call_id
order by s.id

-- name: texts_read
-- What searches and pages said to a question before it was answered, whichever of its calls asked; of an answer that was
-- taken over, to the question that was paid for.
select s.response
from agent_calls as answered
join agent_calls as paid on paid.id = coalesce(answered.reused_from_id, answered.id)
join agent_calls as c on c.scope = paid.scope and c.request_key = paid.request_key
join agent_steps as s on s.call_id = c.id
where answered.id = :call_id
  and s.kind in ('search', 'page')
  and s.status = 'succeeded'
  and s.response is not null
order by s.id
