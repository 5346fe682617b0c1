-- Takes the session-level lock of one question in one scope; false when another session is asking it.
select pg_try_advisory_lock(hashtextextended('agent_call ' || :scope || ' ' || :request_key, 0))
