-- What a run found out about a known entity is added to it: newer values win, nothing is erased.
update research_entities
set tokens = cast(:tokens as text[]),
    payload = payload || cast(:payload as jsonb),
    version = version + 1,
    refreshed_at = clock_timestamp(),
    source_pipeline_run_id = :run_id,
    updated_at = now()
where id = :id
