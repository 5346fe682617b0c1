-- Persons known by their LinkedIn URL; a merged person answers for the one it was merged into.
update staged_persons as s
set person_id = coalesce(p.merged_into_id, p.id)
from persons as p
where s.person_id is null and p.linkedin_url = s.linkedin_url
