-- What an execution has saved and what it had to leave, to decide how it ended.
select
    count(*) filter (where entity_type = 'event') as events,
    count(*) filter (where entity_type = 'event' and is_new) as new_events,
    count(*) filter (where entity_type = 'company') as companies,
    count(*) filter (where entity_type = 'company' and is_new) as new_companies,
    count(*) filter (where entity_type = 'person') as persons,
    count(*) filter (where entity_type = 'person' and is_new) as new_persons,
    (select count(*) from rejected_records as r where r.execution_id = :execution_id and r.stage <> 'filter')
        as rejected,
    (select count(*) from rejected_records as r where r.execution_id = :execution_id and r.stage = 'filter')
        as filtered,
    (select count(*) from rejected_records as r
     where r.execution_id = :execution_id and r.stage = 'agent' and r.reason <> 'no_such_data') as agent_failures,
    (select count(*) from rejected_records as r
     where r.execution_id = :execution_id and r.stage = 'agent' and r.reason = 'no_such_data') as unanswerable
from signal_execution_entities
where execution_id = :execution_id
