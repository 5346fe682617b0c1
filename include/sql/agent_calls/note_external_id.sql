-- The number under which the other side works on a call: from here on the call is found again, whatever happens.
update agent_calls set external_id = :external_id where id = :call_id and status = 'started'
