-- What is known of an entity by any of its tokens, when it is fresh enough: the latest.
select id, payload, refreshed_at
from research_entities
where org_id = :org_id
  and entity_type = :entity_type
  and tokens && cast(:tokens as text[])
  and refreshed_at > now() - make_interval(secs => :max_age_seconds)
order by refreshed_at desc, id
limit 1
