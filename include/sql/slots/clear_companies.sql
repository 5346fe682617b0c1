-- An empty list of companies, of their roles and of titles, for a transaction that chooses again.
truncate evaluated_companies, held_roles, late_titles
