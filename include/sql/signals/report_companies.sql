-- The companies of an execution for people to read: best tier among the execution's events, then most events.
select c.id, c.name, c.domain, c.primary_industry, x.is_new, count(s.event_id) as events,
       (array_agg(s.sponsor_tier order by s.tier_rank nulls last, e.start_dt desc nulls last)
           filter (where s.sponsor_tier is not null))[1] as tier,
       min(s.tier_rank) as tier_rank
from signal_execution_entities as x
join companies as c on c.id = x.entity_id
left join (
    event_sponsors as s
    join signal_execution_entities as xe on xe.entity_type = 'event' and xe.entity_id = s.event_id
    join events as e on e.id = s.event_id
) on s.company_id = c.id and xe.execution_id = x.execution_id
where x.execution_id = :execution_id and x.entity_type = 'company'
group by c.id, x.is_new
order by tier_rank nulls last, events desc, c.id
