-- Locks of questions that are being asked; at the latest they end with their database session.

-- name: try_lock_question
-- Takes the session-level lock of one question in one scope; false when another session is asking it.
select pg_try_advisory_lock(hashtextextended('agent_call ' || :scope || ' ' || :request_key, 0))

-- name: unlock_question
-- Gives the lock of one question back before its session ends.
select pg_advisory_unlock(hashtextextended('agent_call ' || :scope || ' ' || :request_key, 0))

-- name: keep_session_alive
-- Lets the server notice within two minutes that the machine at the other end is gone, and drop its locks.
select
    set_config('tcp_keepalives_idle', '60', false),
    set_config('tcp_keepalives_interval', '15', false),
    set_config('tcp_keepalives_count', '4', false)
