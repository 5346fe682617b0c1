-- New events: of every name key the mentions that no better-known mention of the same batch can mean too (see
-- match_compatible: most precise first, then with a city, then first named). The rest look again.
with unmatched as materialized (
    select *,
           row_number() over (
               partition by name_key
               order by (date_precision = 'day') desc nulls last, (city_id is not null) desc,
                        (start_dt is not null) desc, ordinal
           ) as turn
    from staged_events
    where event_id is null
),
first as materialized (
    select *
    from unmatched as s
    where not exists (
        select from unmatched as better
        where better.name_key = s.name_key
          and better.turn < s.turn
          and (better.city_id = s.city_id or better.city_id is null or s.city_id is null)
          and (
              better.start_dt = s.start_dt
              or better.start_dt is null
              or s.start_dt is null
              or (s.date_precision <> 'day' and better.start_dt between s.start_dt and s.end_dt)
              or (better.date_precision <> 'day' and s.start_dt between better.start_dt and better.end_dt)
          )
    )
    order by ordinal
),
created as (
    insert into events (name, name_key, start_dt, end_dt, date_precision, city_id, venue_id, is_online, website_url,
                        attendees, event_type, industry, description, source_system)
    select name, name_key, start_dt, end_dt, date_precision, city_id, venue_id, is_online, website_url,
           attendees, event_type, industry, description, :source_system
    from first
    order by ordinal
    returning id, name_key, start_dt, city_id
)
update staged_events as s
set event_id = created.id, is_new = true, is_source = true
from created
join first
    on first.name_key = created.name_key
    and first.start_dt is not distinct from created.start_dt
    and first.city_id is not distinct from created.city_id
where s.ordinal = first.ordinal
