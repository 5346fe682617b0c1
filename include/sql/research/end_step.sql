-- Writes how a step ended, unless it has ended already.
update step_results
set status = :status,
    output_payload = cast(:output_payload as jsonb),
    error_message = :error_message,
    error_details = cast(:error_details as jsonb),
    started_at = coalesce(started_at, clock_timestamp()),
    finished_at = clock_timestamp(),
    -- A step that was taken up again weeks later is beyond an integer.
    duration_ms = least(
        round(extract(epoch from clock_timestamp() - coalesce(started_at, clock_timestamp())) * 1000), 2147483647
    ),
    updated_at = now()
where id = :step_result_id
  and status in ('queued', 'running', 'retrying')
