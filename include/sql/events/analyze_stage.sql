-- Row counts for the planner; worth it for bulk loads only.
analyze staged_events
