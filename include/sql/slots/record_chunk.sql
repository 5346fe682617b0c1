-- The counters of one chunk; a chunk that runs again adds what it changed and replaces what it found.
insert into slot_evaluation_chunks as known (
    evaluation_id, chunk, companies_processed, slots_created, slots_updated, slots_filled, slots_open,
    slots_closed_missing, compound_matches, multiple_candidates, backfill_triggered, requests_cancelled
)
values (
    :evaluation_id, :chunk, :companies_processed, :slots_created, :slots_updated, :slots_filled, :slots_open,
    :slots_closed_missing, :compound_matches, :multiple_candidates, :backfill_triggered, :requests_cancelled
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
    written_by = excluded.written_by
