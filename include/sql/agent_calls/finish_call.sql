-- Records the answer of a call: raw bytes, latency, tokens and cost; and how long others may use it.
update agent_calls
set status = 'succeeded',
    response = :response,
    latency_ms = :latency_ms,
    input_tokens = :input_tokens,
    output_tokens = :output_tokens,
    cost_usd = :cost_usd,
    finished_at = clock_timestamp(),
    expires_at = case
        when :ttl_seconds > 0 then clock_timestamp() + make_interval(secs => :ttl_seconds)
    end
where id = :call_id
  and status = 'started'
