-- What pipeline runs found out about an entity last.

-- name: find_fresh_entity
-- What is known of an entity by any of its tokens, when an operation was answered for it not too long ago: the latest.
-- :what is a key of answered.
select id, payload, refreshed_at, cast(answered ->> :what as timestamptz) as answered_at
from research_entities
where org_id = :org_id
  and entity_type = :entity_type
  and tokens && cast(:tokens as text[])
  and refreshed_at > now() - make_interval(secs => :max_age_seconds)
  and cast(answered ->> :what as timestamptz) > now() - make_interval(secs => :max_age_seconds)
order by refreshed_at desc, id
limit 1

-- name: lock_known_entities
-- Entities that share a token, the latest first, locked for the update.
select id, tokens, payload
from research_entities
where org_id = :org_id
  and entity_type = :entity_type
  and tokens && cast(:tokens as text[])
order by refreshed_at desc, id
for update

-- name: insert_entity
-- Adds an entity nobody knew.
insert into research_entities (org_id, entity_type, tokens, payload, answered, refreshed_at, source_pipeline_run_id)
values (
    :org_id, :entity_type, cast(:tokens as text[]), cast(:payload as jsonb), cast(:answered as jsonb),
    clock_timestamp(), :run_id
)

-- name: update_entity
-- Adds what a run found out to a known entity: newer values win, nothing is erased.
update research_entities
set tokens = cast(:tokens as text[]),
    payload = payload || cast(:payload as jsonb),
    answered = answered || cast(:answered as jsonb),
    version = version + 1,
    refreshed_at = clock_timestamp(),
    source_pipeline_run_id = :run_id,
    updated_at = now()
where id = :id
