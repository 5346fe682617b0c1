-- Companies that were merged into others.

-- name: find_current
-- The company of an id: the one it was merged into, if it was.
select coalesce(merged_into_id, id) from companies where id = :company_id

-- name: merged
-- Those of :ids that were merged, each with the company it was merged into.
select id, merged_into_id from companies where id = any(cast(:ids as bigint[])) and merged_into_id is not null
