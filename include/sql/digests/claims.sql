-- Which digest is sent next, and what was sent.

-- name: unsent
-- The digest of a channel that nobody knows to have been sent; is_lost: whoever wanted to send it has gone.
select id, since, until, airflow_run_id, claimed_at < now() - interval '10 minutes' as is_lost
from digests
where channel = :channel and sent_at is null
for update

-- name: reclaim
-- Another try of the same digest, of the same time.
update digests
set claimed_at = now(), airflow_run_id = :airflow_run_id,
    written_by = nullif(current_setting('prospecting.task_attempt', true), '')::bigint
where id = :id

-- name: next_window
-- The time a next digest is about: from the end of the last one (without one, seven days) to :until, or to the beginning
-- of the oldest transaction that still writes, whose rows are seen later and are dated from then on.
select coalesce((select max(until) from digests where channel = :channel), told.until - interval '7 days') as since,
       told.until
from (
    select least(cast(:until as timestamptz), min(xact_start)) as until
    from pg_stat_activity
    where datname = current_database() and backend_xid is not null and pid <> pg_backend_pid()
) as told

-- name: claim
-- A digest that is going to be sent.
insert into digests (channel, since, until, airflow_run_id)
values (:channel, :since, :until, :airflow_run_id)
returning id

-- name: close
-- A digest was sent, or turned out to be empty.
update digests
set sent_at = now(), counts = cast(:counts as jsonb),
    written_by = nullif(current_setting('prospecting.task_attempt', true), '')::bigint
where id = :id and sent_at is null
