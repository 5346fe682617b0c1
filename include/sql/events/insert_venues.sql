-- Creates the venues that are missing, in key order, so that two writers cannot deadlock.
insert into venues (name, name_key, city_id)
select name, name_key, city_id
from json_to_recordset(cast(:rows as json)) as r (name text, name_key text, city_id bigint)
order by name_key, city_id
on conflict (name_key, city_id) do nothing
