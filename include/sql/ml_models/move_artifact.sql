-- The same training, kept elsewhere or as other bytes: after a lost file, or on another kind of machine.
update ml_models
set artifact_path = :artifact_path,
    artifact_sha256 = :artifact_sha256,
    artifact_bytes = :artifact_bytes,
    written_by = default
where id = :model_id
  and status = 'promoted'
  and (artifact_path, artifact_sha256) is distinct from (:artifact_path, :artifact_sha256)
