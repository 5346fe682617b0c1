-- What the calls :call_ids cost; the estimate where the cost is not known.
select coalesce(sum(coalesce(cost_usd, reserved_usd)), 0) from agent_calls where id = any(cast(:call_ids as bigint[]))
