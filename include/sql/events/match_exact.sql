-- The same edition: name key, city and date all equal; a rough date with both its ends.
update staged_events as s
set event_id = e.id
from events as e
where s.event_id is null
  and e.name_key = s.name_key
  and e.start_dt is not distinct from s.start_dt
  and e.date_precision is not distinct from s.date_precision
  and (e.date_precision = 'day' or e.end_dt is not distinct from s.end_dt)
  and e.city_id is not distinct from s.city_id
