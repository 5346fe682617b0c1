-- Closes an evaluation with the sums of its chunks.
update slot_evaluations as e
set status = :status,
    error = :error,
    completed_at = now(),
    companies_processed = total.companies_processed,
    slots_created = total.slots_created,
    slots_updated = total.slots_updated,
    slots_filled = total.slots_filled,
    slots_open = total.slots_open,
    slots_closed_missing = total.slots_closed_missing,
    compound_matches = total.compound_matches,
    multiple_candidates = total.multiple_candidates,
    backfill_triggered = total.backfill_triggered,
    requests_cancelled = total.requests_cancelled,
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
        coalesce(sum(requests_cancelled), 0) as requests_cancelled
    from slot_evaluation_chunks
    where evaluation_id = :evaluation_id
) as total
where e.id = :evaluation_id
returning
    e.companies_processed, e.slots_created, e.slots_updated, e.slots_filled, e.slots_open, e.slots_closed_missing,
    e.compound_matches, e.multiple_candidates, e.backfill_triggered, e.requests_cancelled
