-- The runs of refreshes, and how far they read changes.

-- name: current_watermark
-- Where a refresh that starts now will have read up to: all transactions before this one are finished and visible.
select
    (select system_identifier from pg_control_system()) || '/' || (
        select oid from pg_database where datname = current_database()
    ) as database,
    cast(cast(pg_snapshot_xmin(pg_current_snapshot()) as text) as bigint) as transaction,
    now() as as_of

-- name: start_refresh
-- Opens the refresh of an Airflow run, or opens it again when that run starts over. All transactions before the new
-- watermark are visible; later ones may not be yet.
insert into feature_refreshes (airflow_run_id, params, scope, previous_watermark, watermark, as_of)
select :airflow_run_id, cast(:params as jsonb), :scope, cast(:previous_watermark as jsonb), cast(:watermark as jsonb),
       cast(:as_of as timestamptz)
on conflict (airflow_run_id) do update
set params = excluded.params,
    scope = excluded.scope,
    previous_watermark = excluded.previous_watermark,
    watermark = excluded.watermark,
    as_of = excluded.as_of,
    status = 'running',
    error = null,
    accounts_changed = 0,
    signals_written = 0,
    snapshots_written = 0,
    not_trained_because = null,
    not_recommended_because = null,
    started_at = now(),
    completed_at = null,
    abandoned_at = null,
    opened_by = excluded.opened_by,
    written_by = excluded.written_by
returning id

-- name: find_refresh
-- A refresh by its id.
select * from feature_refreshes where id = :refresh_id

-- name: explain_training
-- Why the run of a refresh trained no model; NULL when it did.
update feature_refreshes
set not_trained_because = :why, written_by = default
where id = :refresh_id and not_trained_because is distinct from :why

-- name: explain_list
-- Why the run of a refresh recommends nobody, or made no list; NULL when it recommends somebody.
update feature_refreshes
set not_recommended_because = :why, written_by = default
where id = :refresh_id and not_recommended_because is distinct from :why

-- name: find_refresh_of_run
-- The refresh of an Airflow run.
select id, scope, status, error, as_of, started_at, completed_at, accounts_changed, signals_written, snapshots_written,
       not_trained_because, not_recommended_because
from feature_refreshes
where airflow_run_id = :airflow_run_id

-- name: last_watermark
-- How far the newest refresh of everything that had changed has read; refreshes of some accounts only do not count.
select watermark
from feature_refreshes
where status = 'completed' and params ->> 'first_domain' is null
order by id desc
limit 1

-- name: finish_refresh
-- Closes a refresh with what it did.
update feature_refreshes
set status = :status,
    error = :error,
    accounts_changed = :accounts_changed,
    signals_written = :signals_written,
    snapshots_written = :snapshots_written,
    completed_at = now(),
    abandoned_at = null,
    written_by = default
where id = :refresh_id

-- name: forget_changes
-- Forgets changes that a finished refresh has read.
delete from account_changes where changed_in < :transaction

-- name: forget_changes_all_have_read
-- The same for a refresh outside of the nightly DAG: changes that the DAG may still have to read are kept. Refreshes of
-- the DAG are those with its params; the next one reads from the watermark of the last completed one, or a later one.
delete from account_changes
where changed_in < :transaction
  and changed_in < coalesce(
      (
          select min(cast(r.watermark ->> 'transaction' as bigint))
          from feature_refreshes as r
          where jsonb_exists(r.params, 'train') and r.id >= coalesce(
              (
                  select max(c.id)
                  from feature_refreshes as c
                  where c.status = 'completed' and jsonb_exists(c.params, 'train')
              ), 0
          )
      ),
      :transaction
  )
