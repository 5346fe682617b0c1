-- Keeping record of evaluations: opened, chunk by chunk, closed.

-- name: start_evaluation
-- Opens the evaluation of an Airflow run, or opens it again when that run starts over.
insert into slot_evaluations (airflow_run_id, params, is_full, is_incremental, policy)
values (:airflow_run_id, cast(:params as jsonb), :is_full, :is_incremental, cast(:policy as jsonb))
on conflict (airflow_run_id) do update
set params = excluded.params,
    is_full = excluded.is_full,
    is_incremental = excluded.is_incremental,
    policy = excluded.policy,
    status = 'running',
    error = null,
    started_at = now(),
    completed_at = null,
    abandoned_at = null,
    opened_by = excluded.opened_by,
    written_by = excluded.written_by
returning id

-- name: forget_chunks
-- Drops the counters of an evaluation that starts over.
delete from slot_evaluation_chunks where evaluation_id = :evaluation_id

-- name: record_chunk
-- Stores the counters of one chunk; a chunk that runs again adds what it changed and replaces what it found.
insert into slot_evaluation_chunks as known (
    evaluation_id, chunk, companies_processed, slots_created, slots_updated, slots_filled, slots_open,
    slots_closed_missing, compound_matches, multiple_candidates, backfill_triggered, requests_cancelled, slots_weak,
    verifications_triggered, unnoted_changes, company_ids, held_back_suppressed, held_back_erased,
    held_back_not_a_company, held_back_domain_in_doubt
)
values (
    :evaluation_id, :chunk, :companies_processed, :slots_created, :slots_updated, :slots_filled, :slots_open,
    :slots_closed_missing, :compound_matches, :multiple_candidates, :backfill_triggered, :requests_cancelled, :slots_weak,
    :verifications_triggered, :unnoted_changes, :company_ids, :held_back_suppressed, :held_back_erased,
    :held_back_not_a_company, :held_back_domain_in_doubt
)
on conflict (evaluation_id, chunk) do update
set companies_processed = excluded.companies_processed,
    slots_created = known.slots_created + excluded.slots_created,
    slots_updated = known.slots_updated + excluded.slots_updated,
    slots_filled = excluded.slots_filled,
    slots_open = excluded.slots_open,
    slots_closed_missing = excluded.slots_closed_missing,
    compound_matches = excluded.compound_matches,
    multiple_candidates = excluded.multiple_candidates,
    backfill_triggered = known.backfill_triggered + excluded.backfill_triggered,
    requests_cancelled = known.requests_cancelled + excluded.requests_cancelled,
    slots_weak = excluded.slots_weak,
    verifications_triggered = known.verifications_triggered + excluded.verifications_triggered,
    unnoted_changes = known.unnoted_changes + excluded.unnoted_changes,
    company_ids = excluded.company_ids,
    held_back_suppressed = excluded.held_back_suppressed,
    held_back_erased = excluded.held_back_erased,
    held_back_not_a_company = excluded.held_back_not_a_company,
    held_back_domain_in_doubt = excluded.held_back_domain_in_doubt,
    written_by = excluded.written_by

-- name: finish_evaluation
-- Closes an evaluation with the sums of its chunks. How many seats are filled, open and closed is counted among all seats
-- when it looked at a part of all companies only because the others had not changed.
update slot_evaluations as e
set status = :status,
    error = :error,
    completed_at = now(),
    abandoned_at = null,
    companies_processed = total.companies_processed,
    slots_created = total.slots_created,
    slots_updated = total.slots_updated,
    slots_filled = case when e.is_incremental then stored.slots_filled else total.slots_filled end,
    slots_weak = case when e.is_incremental then stored.slots_weak else total.slots_weak end,
    slots_open = case when e.is_incremental then stored.slots_open else total.slots_open end,
    slots_closed_missing = case when e.is_incremental then stored.slots_closed_missing else total.slots_closed_missing end,
    verifications_triggered = total.verifications_triggered,
    unnoted_changes = total.unnoted_changes,
    compound_matches = total.compound_matches,
    multiple_candidates = total.multiple_candidates,
    backfill_triggered = total.backfill_triggered,
    requests_cancelled = total.requests_cancelled,
    held_back_suppressed = total.held_back_suppressed,
    held_back_erased = total.held_back_erased,
    held_back_not_a_company = total.held_back_not_a_company,
    held_back_domain_in_doubt = total.held_back_domain_in_doubt,
    written_by = default
from (
    select
        coalesce(sum(companies_processed), 0) as companies_processed,
        coalesce(sum(slots_created), 0) as slots_created,
        coalesce(sum(slots_updated), 0) as slots_updated,
        coalesce(sum(slots_filled), 0) as slots_filled,
        coalesce(sum(slots_open), 0) as slots_open,
        coalesce(sum(slots_closed_missing), 0) as slots_closed_missing,
        coalesce(sum(compound_matches), 0) as compound_matches,
        coalesce(sum(multiple_candidates), 0) as multiple_candidates,
        coalesce(sum(backfill_triggered), 0) as backfill_triggered,
        coalesce(sum(requests_cancelled), 0) as requests_cancelled,
        coalesce(sum(slots_weak), 0) as slots_weak,
        coalesce(sum(verifications_triggered), 0) as verifications_triggered,
        coalesce(sum(unnoted_changes), 0) as unnoted_changes,
        coalesce(sum(held_back_suppressed), 0) as held_back_suppressed,
        coalesce(sum(held_back_erased), 0) as held_back_erased,
        coalesce(sum(held_back_not_a_company), 0) as held_back_not_a_company,
        coalesce(sum(held_back_domain_in_doubt), 0) as held_back_domain_in_doubt
    from slot_evaluation_chunks
    where evaluation_id = :evaluation_id
) as total
left join lateral (
    select
        count(*) filter (where status = 'filled') as slots_filled,
        count(*) filter (where is_weak) as slots_weak,
        count(*) filter (where status = 'open') as slots_open,
        count(*) filter (where status = 'closed_missing') as slots_closed_missing
    from company_slot
    where (select is_incremental from slot_evaluations where id = :evaluation_id)
) as stored on true
where e.id = :evaluation_id
returning
    e.companies_processed, e.slots_created, e.slots_updated, e.slots_filled, e.slots_open, e.slots_closed_missing,
    e.compound_matches, e.multiple_candidates, e.backfill_triggered, e.requests_cancelled, e.slots_weak,
    e.verifications_triggered, e.unnoted_changes, e.held_back_suppressed, e.held_back_erased,
    e.held_back_not_a_company, e.held_back_domain_in_doubt

-- name: fail_evaluation
-- Marks a finished evaluation as failed; its numbers stay.
update slot_evaluations
set status = 'failed', error = :error, abandoned_at = null, written_by = default
where id = :evaluation_id

-- name: standing_evaluation
-- The last evaluation of every seat, when every company was looked at for the last time by the same rules, and whether
-- one by other rules has begun since: what it did before it failed stands.
select last.id, last.policy, full_one.started_at as full_at,
       exists (
           select from slot_evaluations
           where is_full and policy <> last.policy and (id > last.id or started_at > last.started_at)
             and airflow_run_id <> :airflow_run_id
       ) as is_disturbed
from (
    select id, policy, started_at from slot_evaluations
    where is_full and status = 'completed' and policy is not null and airflow_run_id <> :airflow_run_id
    order by id desc
    limit 1
) as last
left join lateral (
    select started_at from slot_evaluations
    where is_full and not is_incremental and status = 'completed' and policy = last.policy
      and airflow_run_id <> :airflow_run_id
    order by id desc
    limit 1
) as full_one on true

-- name: chunk_sums
-- The companies of an evaluation and the states of their seats, as its chunks have found them.
select coalesce(sum(companies_processed), 0) as companies_processed,
       coalesce(sum(slots_filled), 0) as slots_filled,
       coalesce(sum(slots_open), 0) as slots_open,
       coalesce(sum(slots_closed_missing), 0) as slots_closed_missing
from slot_evaluation_chunks
where evaluation_id = :evaluation_id

-- name: evaluated_companies_of
-- The companies that an incremental evaluation has evaluated, as an array.
select array_agg(id order by id)
from slot_evaluation_chunks
cross join lateral unnest(company_ids) as evaluated (id)
where evaluation_id = :evaluation_id

-- name: find_evaluation
-- One evaluation, as it is stored.
select * from slot_evaluations where id = :evaluation_id

-- name: evaluation_of_run
-- The evaluation of an Airflow run, as it is stored.
select * from slot_evaluations where airflow_run_id = :airflow_run_id
