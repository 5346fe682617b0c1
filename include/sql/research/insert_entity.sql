-- An entity nobody knew.
insert into research_entities (org_id, entity_type, tokens, payload, refreshed_at, source_pipeline_run_id)
values (
    :org_id, :entity_type, cast(:tokens as text[]), cast(:payload as jsonb), clock_timestamp(), :run_id
)
