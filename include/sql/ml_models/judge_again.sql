-- The same training, judged when no other model was in use: in use from now on if that made it better.
update ml_models
set status = case when :is_better then 'promoted' else status end,
    promoted_at = case when :is_better then now() else promoted_at end,
    retired_at = case when :is_better then null else retired_at end,
    metrics = cast(:metrics as jsonb),
    verdict = :verdict,
    model_card = :model_card,
    artifact_path = coalesce(:artifact_path, artifact_path),
    artifact_sha256 = coalesce(:artifact_sha256, artifact_sha256),
    artifact_bytes = coalesce(cast(:artifact_bytes as bigint), artifact_bytes),
    written_by = default
where id = :model_id
returning id, version, status
