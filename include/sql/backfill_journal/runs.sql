-- Backfill runs, as far as the journal knows them.

-- name: forget_old
-- Forgets what runs changed longer ago than they can be taken back. Skips what somebody is taking back or forgetting.
with old as materialized (
    select id
    from backfill_journal
    where changed_at < now() - make_interval(days => :keep_days)
    for update skip locked
)
delete from backfill_journal as j
using old
where j.id = old.id

-- name: runs
-- The runs that changed anything, the latest first: all of them, or those called :run_id.
select
    a.dag_id,
    a.run_id,
    array_agg(distinct a.id) as attempts,
    min(j.changed_at) as began_at,
    max(j.changed_at) as ended_at,
    count(distinct j.row_key) filter (where j.table_name = 'agent_routing_log') as requests,
    count(*) filter (where j.taken_back_at is null) as changes_left,
    max(j.taken_back_at) as taken_back_at
from backfill_journal as j
join task_attempts as a on a.id = j.written_by
where cast(:run_id as text) is null or a.run_id = :run_id
group by a.dag_id, a.run_id
order by ended_at desc
limit :limit

-- name: count_held
-- How many requests the task tries :attempts are working on.
select count(distinct r.routing_id)
from backfill_journal as j
join agent_routing_log as r on r.routing_id = cast(j.row_key as bigint)
where j.table_name = 'agent_routing_log'
  and j.written_by = any(cast(:attempts as bigint[]))
  and r.status = 'running'
  and r.claimed_by = j.after ->> 'claimed_by'
  and r.lease_expires_at > clock_timestamp()
