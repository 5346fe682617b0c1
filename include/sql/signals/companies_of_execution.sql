-- The companies an execution found, best sponsors first.
select c.id, c.name, c.domain, c.primary_industry
from signal_execution_entities as x
join companies as c on c.id = x.entity_id
left join lateral (
    select min(s.tier_rank) as best_tier, count(*) as links
    from event_sponsors as s
    join signal_execution_entities as xe
        on xe.execution_id = x.execution_id and xe.entity_type = 'event' and xe.entity_id = s.event_id
    where s.company_id = c.id
) as sponsor on true
where x.execution_id = :execution_id
  and x.entity_type = 'company'
  and (cast(:ids as bigint[]) is null or c.id = any(:ids))
order by sponsor.best_tier nulls last, sponsor.links desc, c.id
limit :most
