-- Answers in which somebody was found who had been forgotten.

-- name: answers_of_calls
-- The answers of calls, and those they were copied from.
select id, response
from agent_calls
where id = any(array(
        select unnest(cast(:call_ids as bigint[]))
        union
        select reused_from_id from agent_calls where id = any(cast(:call_ids as bigint[]))
    ))
  and response is not null
order by id
for no key update

-- name: replace_answer
-- Keeps an answer without somebody.
update agent_calls set response = :response, written_by = default where id = :call_id
