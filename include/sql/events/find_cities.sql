-- The cities of :rows; a statement of its own, so that it sees what another transaction has just committed.
select c.id, c.name_key, c.region, c.country_code
from json_to_recordset(cast(:rows as json)) as r (name_key text, region text, country_code text)
join cities as c
    on c.name_key = r.name_key
    and c.region is not distinct from r.region
    and c.country_code is not distinct from r.country_code
