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
