-- The planner shall know whether this is one account or all of them.
analyze feature_targets
