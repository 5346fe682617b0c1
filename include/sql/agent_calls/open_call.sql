-- Records the intent to call. clock_timestamp(): the transaction may have waited for the lock of the scope.
insert into agent_calls (scope, agent, provider, request_key, request, status, reserved_usd, started_at)
values (
    :scope, :agent, :provider, :request_key, cast(:request as jsonb), 'started', :reserved_usd, clock_timestamp()
)
returning id
