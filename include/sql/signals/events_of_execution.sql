-- The events an execution found, soonest last, with what an agent needs to find their sponsors.
select e.id, e.name, e.website_url, e.start_dt, c.name as city
from signal_execution_entities as x
join events as e on e.id = x.entity_id
left join cities as c on c.id = e.city_id
where x.execution_id = :execution_id and x.entity_type = 'event' and (cast(:ids as bigint[]) is null or e.id = any(:ids))
order by e.start_dt desc nulls last, e.id
