-- What executions of signals found, companies as well as persons.

-- name: combine_entities
-- What an execution found as both was new if one of them was.
update signal_execution_entities as k
set is_new = true, written_by = default
from signal_execution_entities as d
where d.entity_type = :entity_type and d.entity_id = :merged_id and d.is_new and not k.is_new
  and k.execution_id = d.execution_id and k.entity_type = d.entity_type and k.entity_id = :survivor_id

-- name: drop_entities
-- It found the survivor once.
delete from signal_execution_entities as d
using signal_execution_entities as k
where d.entity_type = :entity_type and d.entity_id = :merged_id
  and k.execution_id = d.execution_id and k.entity_type = d.entity_type and k.entity_id = :survivor_id

-- name: move_entities
-- The others found the survivor.
update signal_execution_entities
set entity_id = :survivor_id
where entity_type = :entity_type and entity_id = :merged_id
