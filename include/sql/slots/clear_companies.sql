-- An empty list of companies, for a transaction that chooses again.
truncate evaluated_companies
