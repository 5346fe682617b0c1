-- The model in use makes room for a better one.
update ml_models
set status = 'retired', retired_at = now(), written_by = default
where name = :name and status = 'promoted'
