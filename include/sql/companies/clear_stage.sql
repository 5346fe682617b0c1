-- Empties the list: a batch is staged again in halves when one of its records does not save.
delete from staged_companies
