-- Promotions: opened, planned, decided on, closed.

-- name: open_promotion
-- Opens the promotion of an Airflow run, or opens it again when that run starts over; once somebody has decided, it
-- stays as it is.
insert into contact_promotions as known (airflow_run_id, params)
values (:airflow_run_id, cast(:params as jsonb))
on conflict (airflow_run_id) do update
set params = excluded.params,
    status = 'running',
    error = null,
    proposed = 0,
    started_at = now(),
    completed_at = null,
    abandoned_at = null,
    opened_by = excluded.opened_by,
    written_by = excluded.written_by
where known.decision is null

-- name: promotion_of_run
-- The promotion of an Airflow run, as it is stored.
select * from contact_promotions where airflow_run_id = :airflow_run_id

-- name: find_promotion
-- One promotion, as it is stored.
select * from contact_promotions where id = :promotion_id

-- name: lock_promotion
-- One promotion, as it is stored; nobody else plans it, decides on it or closes it until the transaction ends.
select * from contact_promotions where id = :promotion_id for no key update

-- name: share_promotion
-- One promotion, as it is stored; others may work on it as well, but nobody closes it or takes it back meanwhile.
select * from contact_promotions where id = :promotion_id for share

-- name: mark_planned
-- The list is made: from now on the promotion waits for a decision.
update contact_promotions
set status = 'planned',
    proposed = (
        select count(*) from contact_promotion_items where promotion_id = :promotion_id and status = 'proposed'
    ),
    error = null,
    abandoned_at = null,
    written_by = default
where id = :promotion_id

-- name: decide
-- Records the decision of a person about a planned promotion. Who approves opens it for the work of the present task.
update contact_promotions
set decision = cast(:decision as text),
    decided_by = cast(:decided_by as text),
    decided_at = now(),
    status = case cast(:decision as text) when 'approved' then 'running' else 'rejected' end,
    completed_at = case cast(:decision as text) when 'rejected' then now() end,
    abandoned_at = null,
    opened_by = coalesce(nullif(current_setting('prospecting.task_attempt', true), '')::bigint, opened_by),
    written_by = default
where id = :promotion_id and status = 'planned' and decision is null

-- name: reopen_approved
-- Somebody goes on with an approved promotion that was not finished.
update contact_promotions
set status = 'running',
    error = null,
    completed_at = null,
    abandoned_at = null,
    opened_by = coalesce(nullif(current_setting('prospecting.task_attempt', true), '')::bigint, opened_by),
    written_by = default
where id = :promotion_id and decision = 'approved' and status in ('running', 'failed')

-- name: finish_promotion
-- Closes a promotion, with how many people it made contacts.
update contact_promotions
set status = :status,
    error = cast(:error as text),
    promoted = (
        select count(*) from contact_promotion_items where promotion_id = :promotion_id and status = 'promoted'
    ),
    completed_at = now(),
    abandoned_at = null,
    written_by = default
where id = :promotion_id

-- name: unknown_ids
-- Those of the given ids that are no signals, no executions, or no companies (then, if it was merged, with the id of the
-- one it was merged into).
select 'signal_ids' as param, wanted.id::text as id, null::bigint as merged_into_id
from unnest(cast(:signal_ids as uuid[])) as wanted (id)
where not exists (select from signals as s where s.id = wanted.id)
union all
select 'execution_ids', wanted.id::text, null
from unnest(cast(:execution_ids as uuid[])) as wanted (id)
where not exists (select from signal_executions as x where x.id = wanted.id)
union all
select 'company_ids', wanted.id::text, c.merged_into_id
from unnest(cast(:company_ids as bigint[])) as wanted (id)
left join companies as c on c.id = wanted.id
where c.id is null or c.merged_into_id is not null
order by param, id
limit 20
