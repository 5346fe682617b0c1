-- New events, one per edition. With :only_precise only those whose day and place are known: rougher mentions in the
-- same batch may then turn out to be one of them.
with first as materialized (
    select distinct on (name_key, start_dt, city_id) *
    from staged_events
    where event_id is null
      and (not :only_precise or (date_precision = 'day' and (city_id is not null or is_online)))
    order by name_key, start_dt, city_id, ordinal
),
created as (
    insert into events (name, name_key, start_dt, end_dt, date_precision, city_id, venue_id, is_online, website_url,
                        attendees, event_type, industry, description, source_system)
    select name, name_key, start_dt, end_dt, date_precision, city_id, venue_id, is_online, website_url,
           attendees, event_type, industry, description, :source_system
    from first
    returning id, name_key, start_dt, city_id
)
update staged_events as s
set event_id = created.id, is_new = true, is_source = (s.ordinal = first.ordinal)
from created
join first
    on first.name_key = created.name_key
    and first.start_dt is not distinct from created.start_dt
    and first.city_id is not distinct from created.city_id
where s.event_id is null
  and s.name_key = created.name_key
  and s.start_dt is not distinct from created.start_dt
  and s.city_id is not distinct from created.city_id
