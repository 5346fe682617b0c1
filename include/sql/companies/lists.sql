-- Companies as pages list them. A filter that is null is none.

-- name: list_candidates
-- Companies in the :sorting of a list (name, newest, icp_score: only those with a score), after the one whose keys the
-- parameters after_... say. Only filters that indexes answer: the values are known when this is planned, so that what a
-- filter or an order does not need falls away, and the rest is read from an index. Either an index that has the order and
-- the filters, or, with no :limit, those of filters that few companies pass.
select c.id, c.name_key, c.created_at, s.icp_score, s.account_domain
from companies as c
left join account_signals as s on cast(:sorting as text) = 'icp_score' and s.account_domain = c.domain
where c.merged_into_id is null
  and (cast(:sorting as text) <> 'icp_score'
       or s.icp_score between coalesce(cast(:least_icp as integer), 1) and coalesce(cast(:most_icp as integer), 10))
  and (cast(:after_name as text) is null
       or (c.name_key ~>=~ cast(:after_name as text)
           and (c.name_key ~>~ cast(:after_name as text) or c.id > cast(:after_id as bigint))))
  and (cast(:after_moment as timestamptz) is null
       or (c.created_at, c.id) < (cast(:after_moment as timestamptz), cast(:after_id as bigint)))
  and (cast(:after_icp as integer) is null
       or (s.icp_score, s.account_domain) < (cast(:after_icp as integer), cast(:after_domain as text)))
  and (coalesce(cast(:prefix as text), cast(:domain as text)) is null
       or c.name_key like cast(:prefix as text) or c.domain = cast(:domain as text))
  and (cast(:country as text) is null or (c.country = cast(:country as text) and length(c.country) <= 100))
  and (cast(:industry as text) is null
       or (c.primary_industry = cast(:industry as text) and length(c.primary_industry) <= 100))
  and (cast(:kind as text) is null
       or (cast(:kind as text) = 'company' and (c.kind is null or c.kind = 'company'))
       or (c.kind = cast(:kind as text) and c.kind <> 'company'))
  and (cast(:tier as text) is null or c.account_tier = cast(:tier as text))
  and (cast(:since as timestamptz) is null or c.created_at >= cast(:since as timestamptz))
  and (cast(:event_id as bigint) is null
       or c.id = any(array(select company_id from event_sponsors where event_id = cast(:event_id as bigint))))
  and (cast(:signal_id as uuid) is null or c.id = any(array(
           select n.entity_id
           from signal_executions as x
           join signal_execution_entities as n on n.execution_id = x.id and n.entity_type = 'company'
           where x.signal_id = cast(:signal_id as uuid)
       )))
order by case when cast(:sorting as text) = 'name' then c.name_key end using ~<~,
         case when cast(:sorting as text) = 'name' then c.id end,
         case when cast(:sorting as text) = 'newest' then c.created_at end desc,
         case when cast(:sorting as text) = 'newest' then c.id end desc,
         case when cast(:sorting as text) = 'icp_score' then s.icp_score end desc,
         case when cast(:sorting as text) = 'icp_score' then s.account_domain end desc
limit cast(:limit as bigint)

-- name: count_candidates
-- How many companies the narrowest of the filters has that an index answers, counted as far as :limit.
select least(
    case when coalesce(cast(:prefix as text), cast(:domain as text)) is not null then (
        select count(*)
        from (
            (select from companies where name_key like cast(:prefix as text) limit :limit)
            union all
            (select from companies where domain = cast(:domain as text))
        ) as named
    ) end,
    case when cast(:country as text) is not null then (
        select count(*)
        from (
            select from companies where country = cast(:country as text) and length(country) <= 100 limit :limit
        ) as there
    ) end,
    case when cast(:industry as text) is not null then (
        select count(*)
        from (
            select
            from companies
            where primary_industry = cast(:industry as text) and length(primary_industry) <= 100
            limit :limit
        ) as alike
    ) end,
    case when cast(:kind as text) <> 'company' then (
        select count(*)
        from (select from companies where kind = cast(:kind as text) and kind <> 'company' limit :limit) as of_kind
    ) end,
    case when cast(:tier as text) is not null then (
        select count(*) from (select from companies where account_tier = cast(:tier as text) limit :limit) as ranked
    ) end,
    case when cast(:since as timestamptz) is not null then (
        select count(*)
        from (select from companies where created_at >= cast(:since as timestamptz) limit :limit) as stored
    ) end,
    case when cast(:event_id as bigint) is not null then (
        select count(*)
        from (select from event_sponsors where event_id = cast(:event_id as bigint) limit :limit) as sponsoring
    ) end,
    case when cast(:signal_id as uuid) is not null then (
        select count(*)
        from (
            select
            from signal_executions as x
            join signal_execution_entities as n on n.execution_id = x.id and n.entity_type = 'company'
            where x.signal_id = cast(:signal_id as uuid)
            limit :limit
        ) as found
    ) end
)

-- name: list_rows
-- The companies of :ids, in their order, that pass all filters, also those which can only be asked of each company: its
-- seat, its people, its ICP score. People: those whose role there is current. ceo, cfo, hr: the status of these seats,
-- null before the first evaluation.
with wanted as (
    select position, c.*, s.icp_score, s.priority_level
    from unnest(cast(:ids as bigint[])) with ordinality as given (id, position)
    join companies as c using (id)
    left join account_signals as s on s.account_domain = c.domain
    where (cast(:slot_type as text) is null
           or (select t.status from company_slot as t
               where t.company_unique_id = c.company_unique_id and t.slot_type = cast(:slot_type as text))
              = cast(:slot_status as text))
      and (cast(:has_person as boolean) is null
           or ((select true from company_person_roles as r where r.company_id = c.id and r.is_current limit 1)
               is not null) = cast(:has_person as boolean))
      and (cast(:least_icp as integer) is null
           or s.icp_score between cast(:least_icp as integer) and cast(:most_icp as integer))
      and (coalesce(cast(:prefix as text), cast(:domain as text)) is null
           or c.name_key like cast(:prefix as text) or c.domain = cast(:domain as text))
      and (cast(:country as text) is null or (c.country = cast(:country as text) and length(c.country) <= 100))
      and (cast(:industry as text) is null
           or (c.primary_industry = cast(:industry as text) and length(c.primary_industry) <= 100))
      and (cast(:kind as text) is null or coalesce(c.kind, 'company') = cast(:kind as text))
      and (cast(:tier as text) is null or c.account_tier = cast(:tier as text))
      and (cast(:since as timestamptz) is null or c.created_at >= cast(:since as timestamptz))
      and (cast(:event_id as bigint) is null
           or (select true from event_sponsors as e
               where e.event_id = cast(:event_id as bigint) and e.company_id = c.id))
      and (cast(:signal_id as uuid) is null
           or (select true
               from signal_execution_entities as n
               join signal_executions as x on x.id = n.execution_id
               where n.entity_type = 'company' and n.entity_id = c.id and x.signal_id = cast(:signal_id as uuid)
               limit 1))
    order by position
    limit cast(:limit as bigint)
)
select w.id, w.company_unique_id, w.name, w.domain, w.country, w.primary_industry as industry,
       coalesce(w.kind, 'company') as kind, w.employee_range, w.account_tier, w.icp_score, w.priority_level, w.created_at, w.name_key, people.total as people,
       sponsored.total as events, seat.ceo, seat.cfo, seat.hr
from wanted as w
cross join lateral (
    select count(distinct r.person_id) as total
    from company_person_roles as r
    where r.company_id = w.id and r.is_current
) as people
cross join lateral (select count(*) as total from event_sponsors as e where e.company_id = w.id and not e.is_past_sponsor) as sponsored
cross join lateral (
    select max(t.status) filter (where t.slot_type = 'CEO') as ceo,
           max(t.status) filter (where t.slot_type = 'CFO') as cfo,
           max(t.status) filter (where t.slot_type = 'HR') as hr
    from company_slot as t
    where t.company_unique_id = w.company_unique_id
) as seat
order by w.position

-- name: list_countries
-- Countries that companies have, in order; each is looked up in the index behind the one before.
with recursive known as (
    (select country from companies where length(country) <= 100 order by country limit 1)
    union all
    select (
        select c.country
        from companies as c
        where c.country > known.country and length(c.country) <= 100
        order by c.country
        limit 1
    )
    from known
    where known.country is not null
)
select country from known where country is not null limit :limit

-- name: list_industries
-- Industries that companies have, in order; each is looked up in the index behind the one before.
with recursive known as (
    (
        select primary_industry
        from companies
        where length(primary_industry) <= 100
        order by primary_industry
        limit 1
    )
    union all
    select (
        select c.primary_industry
        from companies as c
        where c.primary_industry > known.primary_industry and length(c.primary_industry) <= 100
        order by c.primary_industry
        limit 1
    )
    from known
    where known.primary_industry is not null
)
select primary_industry as industry from known where primary_industry is not null limit :limit

-- name: list_events
-- The events that companies may be asked for, the latest first.
select id, name, start_dt from events where start_dt is not null order by start_dt desc, id desc limit :limit

-- name: list_signals
-- The signals that companies may be asked for, by name.
select id, name from signals where status <> 'archived' order by name, id limit :limit
