-- Closes a refresh with what it did.
update feature_refreshes
set status = :status,
    error = :error,
    accounts_changed = :accounts_changed,
    signals_written = :signals_written,
    snapshots_written = :snapshots_written,
    completed_at = now(),
    written_by = default
where id = :refresh_id
