-- Events are matched exactly, then by what does not contradict; what is left is new, and gaps are filled.

-- name: match_exact
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

-- name: match_compatible
-- An event of that name that can be the same edition: no two different cities, and dates that do not contradict (one
-- unknown, equal first days, or a day within a month or year given only roughly). Of several editions the one known
-- longest, so that the same rough mention means the same edition tomorrow. Of several mentions that would make one
-- rough event precise in different ways, the most precise, then first, wins; the rest are events of their own.
with candidate as (
    select s.ordinal, min(e.id) as event_id
    from staged_events as s
    join events as e
        on e.name_key = s.name_key
        and (e.city_id = s.city_id or e.city_id is null or s.city_id is null)
        and (
            e.start_dt = s.start_dt
            or e.start_dt is null
            or s.start_dt is null
            or (s.date_precision <> 'day' and e.start_dt between s.start_dt and s.end_dt)
            or (e.date_precision <> 'day' and s.start_dt between e.start_dt and e.end_dt)
        )
    where s.event_id is null
    group by s.ordinal
),
judged as (
    select c.ordinal, c.event_id, s.start_dt, s.city_id,
           first_value(s.start_dt) over best as best_start,
           first_value(s.city_id) over best as best_city
    from candidate as c
    join staged_events as s using (ordinal)
    window best as (
        partition by c.event_id
        order by (s.date_precision = 'day') desc nulls last, (s.city_id is not null) desc,
                 (s.start_dt is not null) desc, s.ordinal
    )
)
update staged_events as s
set event_id = judged.event_id
from judged
where s.ordinal = judged.ordinal
  and s.event_id is null
  and judged.start_dt is not distinct from judged.best_start
  and judged.city_id is not distinct from judged.best_city

-- name: insert_new
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

-- name: fill_gaps
-- What was unknown is filled, rough dates become precise, what is known stays. Two rough dates leave the days they have
-- in common: an event always stays compatible with every mention that has meant it, so that the same mention means the
-- same event tomorrow.
with news as (
    select
        event_id as id,
        min(start_dt) filter (where date_precision = 'day') as start_dt,
        (array_agg(end_dt order by ordinal) filter (where date_precision = 'day' and end_dt is not null))[1] as end_dt,
        max(start_dt) filter (where date_precision <> 'day') as rough_start,
        min(end_dt) filter (where date_precision <> 'day') as rough_end,
        min(date_precision) filter (where date_precision <> 'day') as rough_precision,
        (array_agg(city_id order by ordinal) filter (where city_id is not null))[1] as city_id,
        (array_agg(venue_id order by ordinal) filter (where venue_id is not null))[1] as venue_id,
        bool_or(is_online) as is_online,
        (array_agg(website_url order by ordinal) filter (where website_url is not null))[1] as website_url,
        (array_agg(attendees order by ordinal) filter (where attendees is not null))[1] as attendees,
        (array_agg(event_type order by ordinal) filter (where event_type is not null))[1] as event_type,
        (array_agg(industry order by ordinal) filter (where industry is not null))[1] as industry,
        (array_agg(description order by ordinal) filter (where description is not null))[1] as description
    from staged_events
    where not is_source
    group by event_id
),
merged as (
    select
        e.id,
        case
            when e.date_precision = 'day' then e.start_dt
            else coalesce(n.start_dt, greatest(e.start_dt, n.rough_start))
        end as start_dt,
        case
            when e.date_precision = 'day' then coalesce(e.end_dt, case when n.start_dt = e.start_dt then n.end_dt end)
            when n.start_dt is not null then n.end_dt
            else least(e.end_dt, n.rough_end)
        end as end_dt,
        -- In the alphabet, too, the more precise comes first.
        case when n.start_dt is not null then 'day' else least(e.date_precision, n.rough_precision) end
            as date_precision,
        coalesce(e.city_id, n.city_id) as city_id,
        coalesce(e.venue_id, n.venue_id) as venue_id,
        e.is_online or n.is_online as is_online,
        coalesce(e.website_url, n.website_url) as website_url,
        coalesce(e.attendees, n.attendees) as attendees,
        coalesce(e.event_type, n.event_type) as event_type,
        coalesce(e.industry, n.industry) as industry,
        coalesce(e.description, n.description) as description
    from events as e
    join news as n on n.id = e.id
)
update events as e
set start_dt = m.start_dt, end_dt = m.end_dt, date_precision = m.date_precision, city_id = m.city_id,
    venue_id = m.venue_id, is_online = m.is_online, website_url = m.website_url, attendees = m.attendees,
    event_type = m.event_type, industry = m.industry, description = m.description,
    updated_at = now(), written_by = default
from merged as m
where e.id = m.id
  and (e.start_dt, e.end_dt, e.date_precision, e.city_id, e.venue_id, e.is_online, e.website_url, e.attendees,
       e.event_type, e.industry, e.description)
      is distinct from
      (m.start_dt, m.end_dt, m.date_precision, m.city_id, m.venue_id, m.is_online, m.website_url, m.attendees,
       m.event_type, m.industry, m.description)
