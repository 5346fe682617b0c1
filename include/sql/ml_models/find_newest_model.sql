-- What was trained last.
select * from ml_models order by id desc limit 1
