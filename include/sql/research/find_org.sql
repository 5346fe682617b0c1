-- The org with this id or slug.
select id from orgs where id::text = lower(:org) or slug = :org
