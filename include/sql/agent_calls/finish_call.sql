-- Records the answer of a call: raw bytes, latency, tokens and cost; and how long others may use it.
update agent_calls
set status = 'succeeded',
    response = :response,
    latency_ms = coalesce(
        cast(:latency_ms as integer),
        -- A research that is fetched weeks later is beyond an integer.
        least(round(extract(epoch from clock_timestamp() - started_at) * 1000), 2147483647)::integer
    ),
    input_tokens = :input_tokens,
    output_tokens = :output_tokens,
    cost_usd = :cost_usd,
    finished_at = clock_timestamp(),
    expires_at = case
        when :ttl_seconds > 0 then clock_timestamp() + make_interval(secs => :ttl_seconds)
    end
where id = :call_id
  and status = 'started'
