-- The submission of an org that asked for this.
select id
from submissions
where org_id = :org_id and request_key = :request_key and status <> 'canceled'
