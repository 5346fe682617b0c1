-- What was unknown is filled by the first mention that knows it; what is known stays. name, name_key and domain are
-- identity and are not touched here. Rows are locked in id order: two transactions may reach the same companies by
-- different keys.
with news as (
    select
        company_id as id,
        (array_agg(website_url order by ordinal) filter (where website_url is not null))[1] as website_url,
        (array_agg(linkedin_url order by ordinal) filter (where linkedin_url is not null))[1] as linkedin_url,
        (array_agg(primary_industry order by ordinal) filter (where primary_industry is not null))[1]
            as primary_industry,
        (array_agg(employee_range order by ordinal) filter (where employee_range is not null))[1] as employee_range,
        (array_agg(description order by ordinal) filter (where description is not null))[1] as description
    from staged_companies
    where not is_source
    group by company_id
),
incomplete as materialized (
    select c.id
    from companies as c
    join news on news.id = c.id
    where (c.website_url is null and news.website_url is not null)
       or (c.linkedin_url is null and news.linkedin_url is not null)
       or (c.primary_industry is null and news.primary_industry is not null)
       or (c.employee_range is null and news.employee_range is not null)
       or (c.description is null and news.description is not null)
    order by c.id
    for no key update of c
)
update companies as c
set website_url = coalesce(c.website_url, news.website_url),
    linkedin_url = coalesce(c.linkedin_url, news.linkedin_url),
    primary_industry = coalesce(c.primary_industry, news.primary_industry),
    employee_range = coalesce(c.employee_range, news.employee_range),
    description = coalesce(c.description, news.description),
    updated_at = now(),
    written_by = default
from news
join incomplete using (id)
where c.id = news.id
