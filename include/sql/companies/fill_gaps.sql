-- What was unknown is filled by the first mention that knows it; what is known stays. name_key and domain are identity
-- and are not touched here. The name shown becomes the one the domain spells, once somebody uses it: a company first met
-- as "Acme Developer Advocates" of acme.com is Acme. Rows are locked in id order: two transactions may reach the same
-- companies by different keys.
with news as (
    select
        s.company_id as id,
        (array_agg(s.name order by s.ordinal) filter (
            where lower(regexp_replace(s.name, '[^[:alnum:]]', '', 'g'))
                  = regexp_replace(split_part(c.domain, '.', 1), '[^a-z0-9]', '', 'g')
        ))[1] as name,
        (array_agg(s.website_url order by s.ordinal) filter (where s.website_url is not null))[1] as website_url,
        (array_agg(s.linkedin_url order by s.ordinal) filter (where s.linkedin_url is not null))[1] as linkedin_url,
        (array_agg(s.primary_industry order by s.ordinal) filter (where s.primary_industry is not null))[1]
            as primary_industry,
        (array_agg(s.employee_range order by s.ordinal) filter (where s.employee_range is not null))[1]
            as employee_range,
        (array_agg(s.description order by s.ordinal) filter (where s.description is not null))[1] as description
    from staged_companies as s
    join companies as c on c.id = s.company_id
    where not s.is_source
    group by s.company_id
),
incomplete as materialized (
    select c.id,
           case
               when lower(regexp_replace(c.name, '[^[:alnum:]]', '', 'g'))
                    <> lower(regexp_replace(news.name, '[^[:alnum:]]', '', 'g'))
                   then news.name
               else c.name
           end as name
    from companies as c
    join news on news.id = c.id
    where (
              news.name is not null
              and lower(regexp_replace(c.name, '[^[:alnum:]]', '', 'g'))
                  <> lower(regexp_replace(news.name, '[^[:alnum:]]', '', 'g'))
          )
       or (c.website_url is null and news.website_url is not null)
       or (c.linkedin_url is null and news.linkedin_url is not null)
       or (c.primary_industry is null and news.primary_industry is not null)
       or (c.employee_range is null and news.employee_range is not null)
       or (c.description is null and news.description is not null)
    order by c.id
    for no key update of c
)
update companies as c
set name = incomplete.name,
    website_url = coalesce(c.website_url, news.website_url),
    linkedin_url = coalesce(c.linkedin_url, news.linkedin_url),
    primary_industry = coalesce(c.primary_industry, news.primary_industry),
    employee_range = coalesce(c.employee_range, news.employee_range),
    description = coalesce(c.description, news.description),
    updated_at = now(),
    written_by = default
from news
join incomplete using (id)
where c.id = news.id
