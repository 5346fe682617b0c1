-- What was trained on the same data with the same settings.
select * from ml_models where name = :name and fingerprint = :fingerprint
