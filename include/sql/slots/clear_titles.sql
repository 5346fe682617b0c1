-- No late titles yet, for a transaction that chooses again.
truncate late_titles
