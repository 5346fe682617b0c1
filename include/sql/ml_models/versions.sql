-- The versions of a model.

-- name: find_model
-- The version trained on the same data with the same settings, and whether anything was trained since.
select
    m.*,
    not exists (select from ml_models as later where later.name = m.name and later.version > m.version) as is_newest
from ml_models as m
where m.name = :name and m.fingerprint = :fingerprint

-- name: find_promoted_model
-- The model that scores accounts now.
select * from ml_models where name = :name and status = 'promoted'

-- name: find_newest_model
-- The version that was trained last.
select * from ml_models order by id desc limit 1

-- name: register_model
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

-- name: judge_again
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

-- name: move_artifact
-- The same training, kept elsewhere or as other bytes: after a lost file, or on another kind of machine.
update ml_models
set artifact_path = :artifact_path,
    artifact_sha256 = :artifact_sha256,
    artifact_bytes = :artifact_bytes,
    written_by = default
where id = :model_id
  and status = 'promoted'
  and (artifact_path, artifact_sha256) is distinct from (:artifact_path, :artifact_sha256)

-- name: retire_model
-- Takes the model in use out of use; with :model_id only when it is that one.
update ml_models
set status = 'retired', retired_at = now(), written_by = default
where name = :name and status = 'promoted' and id = coalesce(:model_id, id)

-- name: list_models
-- All versions, the newest first.
select id, name, version, status, verdict, metrics, training_rows, positive_rows, trained_until, created_at,
       promoted_at, retired_at
from ml_models
order by name, version desc
limit 200

-- name: find_version
-- One version, with everything that was measured, and the try that trained it.
select m.id, m.name, m.version, m.status, m.verdict, m.metrics, m.model_card, m.feature_names, m.parameters,
       m.library_versions, m.training_rows, m.positive_rows, m.trained_until, m.created_at, m.promoted_at, m.retired_at,
       t.dag_id, t.run_id, t.task_id, t.try_number
from ml_models as m
left join task_attempts as t on t.id = m.written_by
where m.id = :model_id

-- name: last_refreshes
-- Why the latest refreshes trained or recommended nothing, where they did not.
select airflow_run_id, status, completed_at, not_trained_because, not_recommended_because
from feature_refreshes
order by started_at desc
limit 5
