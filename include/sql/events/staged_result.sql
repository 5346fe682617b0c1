-- Where every staged event lives now.
select ordinal, event_id, is_new from staged_events
