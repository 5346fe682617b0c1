-- Cities and venues: created in key order, then found by a statement of its own.

-- name: insert_cities
-- Creates the cities that are missing, in key order, so that two writers cannot deadlock.
insert into cities (name, name_key, region, country_code)
select name, name_key, region, country_code
from json_to_recordset(cast(:rows as json)) as r (name text, name_key text, region text, country_code text)
order by name_key, region, country_code
on conflict (name_key, region, country_code) do nothing

-- name: find_cities
-- The cities of :rows; a statement of its own, so that it sees what another transaction has just committed.
select c.id, c.name_key, c.region, c.country_code
from json_to_recordset(cast(:rows as json)) as r (name_key text, region text, country_code text)
join cities as c
    on c.name_key = r.name_key
    and c.region is not distinct from r.region
    and c.country_code is not distinct from r.country_code

-- name: insert_venues
-- Creates the venues that are missing, in key order, so that two writers cannot deadlock.
insert into venues (name, name_key, city_id)
select name, name_key, city_id
from json_to_recordset(cast(:rows as json)) as r (name text, name_key text, city_id bigint)
order by name_key, city_id
on conflict (name_key, city_id) do nothing

-- name: find_venues
-- The venues of :rows; a statement of its own, so that it sees what another transaction has just committed.
select v.id, v.name_key, v.city_id
from json_to_recordset(cast(:rows as json)) as r (name_key text, city_id bigint)
join venues as v on v.name_key = r.name_key and v.city_id is not distinct from r.city_id
