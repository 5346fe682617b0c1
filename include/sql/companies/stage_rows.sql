-- Stages :rows, a JSON array of objects.
insert into staged_companies (
    ordinal, name, name_key, domain, website_url, linkedin_url, primary_industry, employee_range, description
)
select ordinal, name, name_key, domain, website_url, linkedin_url, primary_industry, employee_range, description
from json_to_recordset(cast(:rows as json)) as r (
    ordinal integer, name text, name_key text, domain text, website_url text, linkedin_url text,
    primary_industry text, employee_range text, description text
)
