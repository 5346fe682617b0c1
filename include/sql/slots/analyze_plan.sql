-- Statistics of the plan; without them large chunks are joined row by row.
analyze slot_plan
