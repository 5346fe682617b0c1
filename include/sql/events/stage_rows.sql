-- Stages :rows, a JSON array of objects.
insert into staged_events (
    ordinal, name, name_key, start_dt, end_dt, date_precision, city_id, venue_id, is_online, website_url, attendees,
    event_type, industry, description
)
select
    ordinal, name, name_key, start_dt, end_dt, date_precision, city_id, venue_id, coalesce(is_online, false),
    website_url, attendees, event_type, industry, description
from json_to_recordset(cast(:rows as json)) as r (
    ordinal integer, name text, name_key text, start_dt date, end_dt date, date_precision text, city_id bigint,
    venue_id bigint, is_online boolean, website_url text, attendees integer, event_type text, industry text,
    description text
)
