-- Where every staged company lives now.
select ordinal, company_id, is_new from staged_companies
