-- Statistics of the list of companies; without them large chunks are joined row by row.
analyze evaluated_companies
