-- Companies known by their domain; a merged company answers for the one it was merged into.
update staged_companies as s
set company_id = coalesce(c.merged_into_id, c.id)
from companies as c
where c.domain = s.domain
