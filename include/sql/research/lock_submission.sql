-- A submission, held so that its runs are created and its status is told by one at a time.
select id, org_id, company_id, input_payload, blueprint, blueprint_id, status
from submissions
where id = :submission_id
for no key update
