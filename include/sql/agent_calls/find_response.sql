-- The raw answer of one call.
select response from agent_calls where id = :call_id
