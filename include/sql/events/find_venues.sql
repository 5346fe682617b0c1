-- The venues of :rows; a statement of its own, so that it sees what another transaction has just committed.
select v.id, v.name_key, v.city_id
from json_to_recordset(cast(:rows as json)) as r (name_key text, city_id bigint)
join venues as v on v.name_key = r.name_key and v.city_id is not distinct from r.city_id
