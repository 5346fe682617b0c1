-- The events of an execution for people to read, those with sponsors first.
select e.id, e.name, e.start_dt, e.end_dt, e.date_precision, c.name as city, c.country_code, e.is_online, x.is_new,
       (select count(*) from event_sponsors as s where s.event_id = e.id) as sponsors
from signal_execution_entities as x
join events as e on e.id = x.entity_id
left join cities as c on c.id = e.city_id
where x.execution_id = :execution_id and x.entity_type = 'event'
order by sponsors desc, e.start_dt desc nulls last, e.id
