-- The answer this scope already has to a question, paid for or reused.
select id, response, cost_usd
from agent_calls
where scope = :scope
  and request_key = :request_key
  and status in ('succeeded', 'reused')
