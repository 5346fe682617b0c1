-- A company known by name only adopts the first new domain that comes under its name - unless another company of that
-- name has a domain already: then nobody can tell whose it is.
with claim as (
    select distinct on (domain) name_key, domain
    from (
        select distinct on (name_key) name_key, domain, ordinal
        from staged_companies
        where company_id is null and domain is not null
        order by name_key, ordinal
    ) as per_name
    order by domain, ordinal
),
adopted as (
    update companies as c
    set domain = claim.domain, updated_at = now(), written_by = default
    from claim
    where c.name_key = claim.name_key
      and c.domain is null
      and c.merged_into_id is null
      and not exists (select from companies as o where o.name_key = c.name_key and o.domain is not null)
    returning c.id, c.domain
)
update staged_companies as s
set company_id = adopted.id
from adopted
where s.domain = adopted.domain and s.company_id is null
