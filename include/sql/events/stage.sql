-- The transaction's own list of events to find or create.

-- name: stage_table
-- The transaction's own list of events to find or create.
create temporary table if not exists staged_events (
    ordinal integer not null,
    name text,
    name_key text,
    start_dt date,
    end_dt date,
    date_precision text,
    city_id bigint,
    venue_id bigint,
    is_online boolean,
    website_url text,
    attendees integer,
    event_type text,
    industry text,
    description text,
    event_id bigint,
    is_new boolean not null default false,
    is_source boolean not null default false
) on commit drop

-- name: clear_stage
-- Empties the list: a batch is staged again in halves when one of its records does not save.
delete from staged_events

-- name: stage_rows
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

-- name: analyze_stage
-- Row counts for the planner; worth it for bulk loads only.
analyze staged_events

-- name: unmatched
-- How many staged events are still to be created.
select count(*) from staged_events where event_id is null

-- name: staged_result
-- The event that each staged mention means.
select ordinal, event_id, is_new from staged_events
