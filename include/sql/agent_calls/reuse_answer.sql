-- Gives a scope its own copy of an answer another scope paid for, at no cost.
-- The bytes are copied, so that removing old executions never takes an answer away from a newer one.
insert into agent_calls (
    scope, agent, provider, request_key, request, status, response,
    latency_ms, cost_usd, reused_from_id, finished_at, expires_at
)
select
    :scope, agent, provider, request_key, request, 'reused', response,
    0, 0, id, now(), expires_at
from agent_calls
where id = :call_id
returning id
