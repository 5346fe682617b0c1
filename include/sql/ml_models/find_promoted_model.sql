-- The model that scores accounts now.
select * from ml_models where name = :name and status = 'promoted'
