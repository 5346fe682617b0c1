-- The runs of account refreshes.

-- name: start_refresh
-- Opens the refresh of an Airflow run, as of now unless told otherwise, or opens it again when that run starts over.
insert into account_refreshes (airflow_run_id, params, as_of)
values (:airflow_run_id, cast(:params as jsonb), coalesce(cast(:as_of as timestamptz), now()))
on conflict (airflow_run_id) do update
set params = excluded.params,
    as_of = excluded.as_of,
    status = 'running',
    counts = default,
    error = null,
    started_at = now(),
    completed_at = null,
    abandoned_at = null,
    opened_by = excluded.opened_by,
    written_by = excluded.written_by
returning id, as_of

-- name: find_refresh
-- A refresh by its id.
select id, as_of, params from account_refreshes where id = :refresh_id

-- name: find_refresh_of_run
-- The refresh of an Airflow run.
select id, as_of, params, status, counts, error, started_at, completed_at
from account_refreshes
where airflow_run_id = :airflow_run_id

-- name: finish_refresh
-- Closes a refresh with what it did and found.
update account_refreshes
set status = :status,
    counts = cast(:counts as jsonb),
    error = :error,
    completed_at = now(),
    abandoned_at = null,
    written_by = default
where id = :refresh_id
