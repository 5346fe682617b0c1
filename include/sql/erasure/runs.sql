-- Erasures: who asked for one is known by a keyed hash alone.

-- name: open_erasure
-- Opens the erasure of an Airflow run, or returns the one it opened before: a retry, a cleared task. What was decided
-- stays decided.
insert into erasures as known (airflow_run_id, subject_hash)
values (:airflow_run_id, keyed_hash('subject', :subject))
on conflict (airflow_run_id) do update
set status = case when known.status in ('completed', 'rejected') then known.status else 'running' end,
    error = null,
    completed_at = case when known.status in ('completed', 'rejected') then known.completed_at end,
    abandoned_at = null,
    opened_by = excluded.opened_by,
    written_by = excluded.written_by
returning id, airflow_run_id, status, decision, decided_by, counts, error,
          subject_hash = keyed_hash('subject', :subject) as is_subject

-- name: find_erasure
-- An erasure, and whether it is about this subject.
select id, airflow_run_id, status, decision, decided_by, counts, error,
       subject_hash = keyed_hash('subject', :subject) as is_subject
from erasures
where id = :erasure_id

-- name: find_of_run
-- The erasure that an Airflow run has opened.
select id from erasures where airflow_run_id = :airflow_run_id

-- name: note_plan
-- Keeps what an erasure would change, and lets it wait for the decision of a person.
update erasures
set counts = jsonb_build_object('planned', cast(:counts as jsonb)), status = 'planned', written_by = default
where id = :erasure_id and decision is null and status in ('running', 'planned')

-- name: decide
-- Writes down who decided about an erasure that was planned, once.
update erasures
set decision = :decision,
    decided_by = :decided_by,
    decided_at = now(),
    status = case :decision when 'approved' then 'running' else 'rejected' end,
    completed_at = case :decision when 'approved' then null else now() end,
    opened_by = default,
    written_by = default
where id = :erasure_id and decision is null and status = 'planned'

-- name: resume
-- Goes on with an erasure that was approved.
update erasures
set status = 'running', error = null, completed_at = null, abandoned_at = null, opened_by = default,
    written_by = default
where id = :erasure_id and decision = 'approved' and status <> 'completed'

-- name: add_counts
-- Adds to the rows of each table that were erased.
update erasures as x
set counts = jsonb_set(
        x.counts, '{erased}', coalesce(x.counts -> 'erased', '{}') || (
            select coalesce(jsonb_object_agg(n.key, n.value::bigint + coalesce(k.rows, 0)), '{}')
            from jsonb_each_text(cast(:counts as jsonb)) as n
            cross join lateral (select (x.counts #>> array['erased', n.key])::bigint as rows) as k
        )
    ),
    written_by = default
where id = :erasure_id

-- name: finish
-- Closes an erasure.
update erasures
set status = :status, error = :error, completed_at = now(), abandoned_at = null, written_by = default
where id = :erasure_id and status in ('running', 'planned', 'failed')

-- name: begun_at
-- The oldest transaction that may still be writing what others do not see yet.
select cast(mod(cast(cast(pg_snapshot_xmin(pg_current_snapshot()) as text) as numeric), 4294967296) as text)
