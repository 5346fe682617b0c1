-- Creates the cities that are missing, in key order, so that two writers cannot deadlock.
insert into cities (name, name_key, region, country_code)
select name, name_key, region, country_code
from json_to_recordset(cast(:rows as json)) as r (name text, name_key text, region text, country_code text)
order by name_key, region, country_code
on conflict (name_key, region, country_code) do nothing
