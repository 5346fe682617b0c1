-- The same edition: name key, first day and city all equal.
update staged_events as s
set event_id = e.id
from events as e
where s.event_id is null
  and e.name_key = s.name_key
  and e.start_dt is not distinct from s.start_dt
  and e.city_id is not distinct from s.city_id
