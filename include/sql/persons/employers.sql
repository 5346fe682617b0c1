-- Where people are said to work.

-- name: find_employer
-- A company, as far as it can be told from another.
select id, name, name_key, domain from companies where id = :company_id

-- name: find_employers
-- Companies of these name keys or domains, campaign domains included; a merged company leads to the one it was merged
-- into.
select coalesce(c.merged_into_id, c.id) as id, c.name, c.name_key, c.domain
from companies as c
where c.name_key = any(cast(:name_keys as text[]))
union
select coalesce(c.merged_into_id, c.id), c.name, c.name_key, c.domain
from companies as c
where c.domain = any(cast(:domains as text[]))
union
select coalesce(c.merged_into_id, c.id), c.name, c.name_key, d.domain
from campaign_domains as d
join companies as c on c.id = d.company_id
where d.domain = any(cast(:domains as text[]))
