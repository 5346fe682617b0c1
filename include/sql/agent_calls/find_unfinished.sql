-- The call of a question that was begun and has no outcome: its number outside, if the other side has answered with one.
select id, external_id, started_at
from agent_calls
where scope = :scope
  and request_key = :request_key
  and status = 'started'
order by id desc
limit 1
