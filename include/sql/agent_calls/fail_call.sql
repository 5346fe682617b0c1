-- Records why a call failed. A cost of NULL means that nobody knows whether it was billed: the reservation counts.
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
  and status = 'started'
