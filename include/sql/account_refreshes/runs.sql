-- The runs of account refreshes.

-- name: start_refresh
-- Opens the refresh of an Airflow run, as of now unless told otherwise, or opens it again when that run starts over;
-- what it has done by then stays counted.
insert into account_refreshes (airflow_run_id, params, as_of)
values (:airflow_run_id, cast(:params as jsonb), coalesce(cast(:as_of as timestamptz), now()))
on conflict (airflow_run_id) do update
set params = excluded.params,
    as_of = excluded.as_of,
    status = 'running',
    error = null,
    started_at = now(),
    completed_at = null,
    abandoned_at = null,
    opened_by = excluded.opened_by,
    written_by = excluded.written_by
returning id, as_of

-- name: find_refresh
-- A refresh by its id.
select id, as_of, params, counts from account_refreshes where id = :refresh_id

-- name: add_counts
-- Adds :counts, an object of numbers, to those kept for :step.
update account_refreshes as r
set counts = r.counts || jsonb_build_object(
        cast(:step as text),
        coalesce(r.counts -> cast(:step as text), '{}') || (
            select jsonb_object_agg(
                key, coalesce(cast(r.counts -> cast(:step as text) ->> key as bigint), 0) + cast(value as bigint)
            )
            from jsonb_each_text(cast(:counts as jsonb))
        )
    ),
    written_by = default
where r.id = :refresh_id

-- name: find_refresh_of_run
-- The refresh of an Airflow run.
select id, as_of, params, status, counts, error, started_at, completed_at
from account_refreshes
where airflow_run_id = :airflow_run_id

-- name: finish_refresh
-- Closes a refresh with what it found, beside what it did.
update account_refreshes
set status = :status,
    counts = counts || cast(:findings as jsonb),
    error = :error,
    completed_at = now(),
    abandoned_at = null,
    written_by = default
where id = :refresh_id
