-- Closes calls of one question whose worker died between intent and outcome.
-- Their cost stays unknown (NULL), so their reservation keeps counting against the budget.
update agent_calls
set status = 'abandoned',
    error_kind = 'abandoned',
    error_message = 'The worker ended before the outcome of the call was known',
    finished_at = clock_timestamp()
where scope = :scope
  and request_key = :request_key
  and status = 'started'
