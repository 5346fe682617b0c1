-- What is new in a time, from :since to before :until. Names are those of companies; of each group the first :names.

-- name: found
-- New events, companies and people by signal, of executions that ended in the time.
with ended as (
    select id, signal_id, stats
    from signal_executions
    where completed_at >= :since and completed_at < :until and stats is not null
      and status in ('completed', 'completed_with_errors')
),
counted as (
    select signal_id,
           sum(coalesce(cast(stats ->> 'newEvents' as integer), 0)) as events,
           sum(coalesce(cast(stats ->> 'newCompanies' as integer), 0)) as companies,
           sum(coalesce(cast(stats ->> 'newContacts' as integer), 0)) as people
    from ended
    group by signal_id
)
select s.id, s.name, counted.events, counted.companies, counted.people,
       array(
           select distinct c.name
           from ended
           join signal_execution_entities as e
               on e.execution_id = ended.id and e.entity_type = 'company' and e.is_new
           join companies as found on found.id = e.entity_id
           join companies as c on c.id = coalesce(found.merged_into_id, found.id)
           where ended.signal_id = s.id
           order by c.name
           limit :names
       ) as names
from counted
join signals as s on s.id = counted.signal_id
where counted.events + counted.companies + counted.people > 0
order by counted.people desc, counted.companies desc, s.name, s.id

-- name: filled
-- Seats that were filled in the time and still are, by kind.
select filled.slot_type, count(*) as seats, (array_agg(c.name order by c.name))[1 : cast(:names as integer)] as names
from (
    select distinct t.slot_type, t.company_unique_id
    from slot_transitions as t
    join company_slot as seat on seat.company_slot_unique_id = t.company_slot_unique_id
    where t.transition = 'filled' and t.changed_at >= :since and t.changed_at < :until and seat.status = 'filled'
) as filled
join companies as c on c.company_unique_id = filled.company_unique_id
group by filled.slot_type
order by filled.slot_type

-- name: recommended
-- Accounts on the newest list, if it was made in the time, that were on none of the 30 days before the time; without
-- those that are left alone since.
select r.recommended_on, r.account_domain, coalesce(a.company_name, r.account_domain) as name
from account_recommendations as r
join accounts as a on a.account_domain = r.account_domain
where r.recommended_on = (select max(recommended_on) from account_recommendations)
  and r.created_at >= :since and r.created_at < :until
  and not exists (
      select from account_recommendations as earlier
      where earlier.account_domain = r.account_domain
        and earlier.created_at < :since
        and earlier.created_at >= cast(:since as timestamptz) - interval '30 days'
  )
  and not exists (
      select from account_suppressions as p
      where p.account_domain = r.account_domain and (p.suppressed_until is null or p.suppressed_until > now())
  )
order by r.rank
