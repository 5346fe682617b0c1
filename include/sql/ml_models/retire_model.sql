-- The model in use makes room for a better one; or, with :model_id, that one ceases to be in use, if it is.
update ml_models
set status = 'retired', retired_at = now(), written_by = default
where name = :name and status = 'promoted' and id = coalesce(:model_id, id)
