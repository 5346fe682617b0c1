-- Entities that share a token, the latest first; held for the update.
select id, tokens, payload
from research_entities
where org_id = :org_id
  and entity_type = :entity_type
  and tokens && cast(:tokens as text[])
order by refreshed_at desc, id
for update
