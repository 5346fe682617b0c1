-- The org with this id or slug, as it is spelled if there are several spellings.
select id
from orgs
where id::text = lower(:org)
   or lower(slug) = lower(:org)
order by id::text = lower(:org) desc, slug = :org desc, created_at, id
limit 1
