-- Mentions without a domain: the company of that name without a domain, else the only company of that name.
with known as (
    select
        s.name_key,
        min(coalesce(c.merged_into_id, c.id)) filter (where c.domain is null) as without_domain,
        min(coalesce(c.merged_into_id, c.id)) as any_id,
        count(distinct coalesce(c.merged_into_id, c.id)) as companies
    from (select distinct name_key from staged_companies where company_id is null) as s
    join companies as c on c.name_key = s.name_key
    group by s.name_key
)
update staged_companies as s
set company_id = coalesce(known.without_domain, known.any_id)
from known
where s.name_key = known.name_key
  and s.company_id is null
  and (known.without_domain is not null or known.companies = 1)
