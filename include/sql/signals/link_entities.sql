-- Records what an execution found. is_new stays what it was when the execution first saw the entity.
insert into signal_execution_entities (execution_id, entity_type, entity_id, is_new)
select :execution_id, :entity_type, entity_id, bool_or(is_new)
from json_to_recordset(cast(:rows as json)) as r (entity_id bigint, is_new boolean)
group by entity_id
order by entity_id
on conflict (execution_id, entity_type, entity_id) do nothing
