-- New companies known by name only, one per name key.
with first as materialized (
    select distinct on (name_key) *
    from staged_companies
    where company_id is null
    order by name_key, ordinal
),
created as (
    insert into companies (name, name_key, linkedin_url, primary_industry, employee_range, description, website_url,
                           source_system)
    select name, name_key, linkedin_url, primary_industry, employee_range, description, website_url, :source_system
    from first
    order by ordinal
    returning id, name_key
)
update staged_companies as s
set company_id = created.id, is_new = true, is_source = (s.ordinal = first.ordinal)
from created
join first using (name_key)
where s.name_key = created.name_key and s.company_id is null
