-- An empty plan, for a transaction that concludes again.
truncate slot_plan
