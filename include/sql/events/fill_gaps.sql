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
