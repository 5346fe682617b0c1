-- New companies with a domain, one per domain; the first mention names it.
with first as materialized (
    select distinct on (domain) *
    from staged_companies
    where company_id is null and domain is not null
    order by domain, ordinal
),
created as (
    insert into companies (
        name, name_key, domain, website_url, linkedin_url, primary_industry, employee_range, description, source_system
    )
    select name, name_key, domain, website_url, linkedin_url, primary_industry, employee_range, description,
           :source_system
    from first
    order by ordinal
    returning id, domain
)
update staged_companies as s
set company_id = created.id, is_new = true, is_source = (s.ordinal = first.ordinal)
from created
join first using (domain)
where s.domain = created.domain
