-- The next version of a model.
insert into ml_models (
    name, version, status, fingerprint, feature_names, parameters, metrics, verdict, model_card, library_versions,
    training_rows, positive_rows, trained_until, artifact_path, artifact_sha256, artifact_bytes, promoted_at
)
select
    :name,
    coalesce(max(version), 0) + 1,
    :status,
    :fingerprint,
    cast(:feature_names as text[]),
    cast(:parameters as jsonb),
    cast(:metrics as jsonb),
    :verdict,
    :model_card,
    cast(:library_versions as jsonb),
    cast(:training_rows as integer),
    cast(:positive_rows as integer),
    cast(:trained_until as date),
    :artifact_path,
    :artifact_sha256,
    cast(:artifact_bytes as bigint),
    case when cast(:status as text) = 'promoted' then now() end
from ml_models
where name = :name
returning id, version, status
