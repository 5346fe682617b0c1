-- What the planner believes of tables that a large batch is joined to.

-- name: believed_empty
-- Those of :tables that have pages and, as far as the planner knows, no rows.
select cast(oid as regclass)::text as name
from pg_class
where oid = any(cast(cast(:tables as text[]) as regclass[])) and relpages > 0 and reltuples = 0
