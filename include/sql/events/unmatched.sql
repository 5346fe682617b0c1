-- How many staged events are still to be created.
select count(*) from staged_events where event_id is null
