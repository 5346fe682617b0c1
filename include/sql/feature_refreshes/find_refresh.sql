-- A refresh by its id.
select * from feature_refreshes where id = :refresh_id
