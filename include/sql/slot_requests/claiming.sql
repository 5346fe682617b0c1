-- Taking requests from the queue, holding them, putting them back.

-- name: count_claimable
-- Counts the requests that wait: queued ones, and those whose worker let the lease run out.
select count(*)
from agent_routing_log as r
join intake.people_raw_intake as i
    on i.id = case when r.record_id ~ '^[1-9][0-9]{0,17}$' then r.record_id::bigint end
where r.record_type = 'person_slot_backfill'
  and i.source_system = 'slot_backfill'
  and r.status in ('pending', 'queued', 'assigned', 'running')
  and (r.status in ('pending', 'queued') or r.lease_expires_at < now())
  and (cast(:slot_types as text[]) is null or i.slot_type = any(cast(:slot_types as text[])))
  and (cast(:company_unique_ids as text[]) is null or i.company_unique_id = any(cast(:company_unique_ids as text[])))
  and not i.validated
  -- :only_static are the providers to ask when each of them always answers the same: once is enough.
  and (
      cast(:only_static as text[]) is null
      or not exists (
          select from company_slot as s
          where s.company_unique_id = i.company_unique_id
            and s.slot_type = i.slot_type
            and s.answered_by @> cast(:only_static as text[])
      )
  )

-- name: count_pending
-- Counts the requests that wait for an agent or are being worked on.
select count(*)
from agent_routing_log as r
join intake.people_raw_intake as i
    on i.id = case when r.record_id ~ '^[1-9][0-9]{0,17}$' then r.record_id::bigint end
where r.record_type = 'person_slot_backfill'
  and i.source_system = 'slot_backfill'
  and r.status in ('pending', 'queued', 'assigned', 'running')

-- name: count_closed
-- Counts the requests that :claimed_by has brought to an end.
select count(*) from agent_routing_log
where claimed_by = :claimed_by and status in ('completed', 'failed', 'cancelled')

-- name: claim_requests
-- Claims up to :limit waiting requests for :claimed_by, the oldest first, past those that others are claiming.
with waiting as materialized (
    select r.routing_id
    from agent_routing_log as r
    join intake.people_raw_intake as i
        on i.id = case when r.record_id ~ '^[1-9][0-9]{0,17}$' then r.record_id::bigint end
    where r.record_type = 'person_slot_backfill'
      and i.source_system = 'slot_backfill'
      and r.status in ('pending', 'queued', 'assigned', 'running')
      and (r.status in ('pending', 'queued') or r.lease_expires_at < now())
      and (cast(:slot_types as text[]) is null or i.slot_type = any(cast(:slot_types as text[])))
      and (
          cast(:company_unique_ids as text[]) is null
          or i.company_unique_id = any(cast(:company_unique_ids as text[]))
      )
      and not i.validated
      and (
          cast(:only_static as text[]) is null
          or not exists (
              select from company_slot as s
              where s.company_unique_id = i.company_unique_id
                and s.slot_type = i.slot_type
                and s.answered_by @> cast(:only_static as text[])
          )
      )
    order by r.routing_id
    limit :limit
    for update of r skip locked
)
update agent_routing_log as r
set status = 'running',
    claimed_by = :claimed_by,
    lease_expires_at = now() + make_interval(secs => :lease_seconds),
    assigned_at = now(),
    updated_at = now(),
    written_by = default
from waiting
where r.routing_id = waiting.routing_id
returning r.routing_id

-- name: claim_siblings
-- Claims the other waiting requests of the companies of :routing_ids, so that each company is asked about once.
with company as materialized (
    select distinct claimed.company_unique_id
    from unnest(cast(:routing_ids as bigint[])) as asked (routing_id)
    cross join lateral (
        -- offset 0, here and below: looked up one by one. The queue grows faster than the planner learns about it, and
        -- without statistics it would read the whole of it for each request.
        select i.company_unique_id
        from agent_routing_log as r
        join intake.people_raw_intake as i on i.id = r.record_id::bigint
        where r.routing_id = asked.routing_id
        offset 0
    ) as claimed
),
waiting as materialized (
    select r.routing_id
    from company
    cross join lateral (
        select id
        from intake.people_raw_intake
        where company_unique_id = company.company_unique_id
          and source_system = 'slot_backfill'
          and not validated
          and (cast(:slot_types as text[]) is null or slot_type = any(cast(:slot_types as text[])))
          and (
              cast(:only_static as text[]) is null
              or not exists (
                  select from company_slot as s
                  where s.company_unique_id = company.company_unique_id
                    and s.slot_type = people_raw_intake.slot_type
                    and s.answered_by @> cast(:only_static as text[])
              )
          )
        offset 0
    ) as i
    cross join lateral (
        select routing_id from agent_routing_log
        where record_id = i.id::text and record_type = 'person_slot_backfill' and settled_at is null
        offset 0
    ) as unsettled
    join agent_routing_log as r on r.routing_id = unsettled.routing_id
    where r.settled_at is null
      and (r.status in ('pending', 'queued') or (r.status in ('assigned', 'running') and r.lease_expires_at < now()))
    order by r.routing_id
    for update of r skip locked
)
update agent_routing_log as r
set status = 'running',
    claimed_by = :claimed_by,
    lease_expires_at = now() + make_interval(secs => :lease_seconds),
    assigned_at = now(),
    updated_at = now(),
    written_by = default
from waiting
where r.routing_id = waiting.routing_id
returning r.routing_id

-- name: cancel_moot
-- Cancels those of :routing_ids that no longer need asking: the company does not exist, or its seat is filled.
update agent_routing_log as r
set status = 'cancelled',
    completed_at = now(),
    settled_at = now(),
    lease_expires_at = null,
    error_message = moot.reason,
    updated_at = now(),
    written_by = default
from (
    select
        claimed.routing_id,
        case
            when c.id is null then 'The company is not known'
            when c.merged_into_id is not null then 'The company was merged into another one'
            else 'The seat was filled before anybody was asked'
        end as reason
    from agent_routing_log as claimed
    join intake.people_raw_intake as i on i.id = claimed.record_id::bigint
    left join companies as c on c.company_unique_id = i.company_unique_id
    left join company_slot as s on s.company_unique_id = i.company_unique_id and s.slot_type = i.slot_type
    where claimed.routing_id = any(cast(:routing_ids as bigint[]))
      and (
          c.id is null
          or c.merged_into_id is not null
          -- Somebody else may well ask about a seat that is filled.
          or (s.person_unique_id is not null and not s.is_weak and i.backfill_source = 'slot_evaluation')
      )
) as moot
where r.routing_id = moot.routing_id
returning r.routing_id

-- name: cancel_requests
-- Cancels requests that :claimed_by holds (:rows, a JSON array) without anybody being asked.
update agent_routing_log as r
set status = 'cancelled',
    completed_at = now(),
    settled_at = now(),
    lease_expires_at = null,
    error_message = given.reason,
    updated_at = now(),
    written_by = default
from json_to_recordset(cast(:rows as json)) as given (routing_id bigint, reason text)
where r.routing_id = given.routing_id and r.claimed_by = :claimed_by and r.status = 'running'

-- name: claimed_requests
-- The questions behind the requests :routing_ids, company by company.
select
    r.routing_id,
    i.id as intake_id,
    c.id as company_id,
    c.company_unique_id,
    c.name as company_name,
    c.domain,
    case when not c.industry_is_guess then c.primary_industry end as primary_industry,
    coalesce(c.size, c.employee_range) as company_size,
    c.country,
    i.slot_type,
    greatest(i.enrichment_attempt, 1) as attempt,
    r.assigned_at,
    coalesce(s.answered_by, '{}') as answered_by
from agent_routing_log as r
join intake.people_raw_intake as i on i.id = r.record_id::bigint
join companies as c on c.company_unique_id = i.company_unique_id
left join company_slot as s on s.company_unique_id = i.company_unique_id and s.slot_type = i.slot_type
where r.routing_id = any(cast(:routing_ids as bigint[])) and r.status = 'running'
order by c.id, i.slot_type

-- name: refused_people
-- Who is not the holder of which seat of a company, by what an answer would name them: profile, or name.
select distinct f.slot_type, p.linkedin_url, p.name_key
from seat_refusals as f
join persons as named on named.id = f.person_id
join persons as p on p.id in (named.id, named.merged_into_id) or p.merged_into_id in (named.id, named.merged_into_id)
join companies as c on c.id = f.company_id
where coalesce(c.merged_into_id, c.id) = :company_id
order by f.slot_type, p.name_key, p.linkedin_url

-- name: refused_among
-- Those of :person_ids who are not the holder of a seat of a company, whatever an answer calls them.
select distinct f.slot_type, named.id as person_id
from persons as named
join persons as p on coalesce(p.merged_into_id, p.id) = coalesce(named.merged_into_id, named.id)
join seat_refusals as f on f.person_id = p.id
join companies as c on c.id = f.company_id
where named.id = any(cast(:person_ids as bigint[])) and coalesce(c.merged_into_id, c.id) = :company_id

-- name: held_roles_of
-- Those of :person_ids that have a current role at a company, as whom they are known.
select distinct coalesce(p.merged_into_id, p.id)
from company_person_roles as r
join persons as p on p.id = r.person_id
where r.company_id = :company_id and r.person_id = any(cast(:person_ids as bigint[])) and r.is_current

-- name: renew_lease
-- Renews the lease of all that :claimed_by holds; this is also how the next try of a killed task finds it again.
update agent_routing_log
set lease_expires_at = clock_timestamp() + make_interval(secs => :lease_seconds)
where claimed_by = :claimed_by and status = 'running'
returning routing_id

-- name: count_held
-- Counts the requests that :claimed_by holds.
select count(*) from agent_routing_log where claimed_by = :claimed_by and status = 'running'

-- name: release_requests
-- Puts requests back into the queue unasked; no attempt is counted. Skips those that somebody is ending or, because the
-- lease ran out, taking over.
with held as materialized (
    select routing_id
    from agent_routing_log
    where claimed_by = :claimed_by and status = 'running'
    order by routing_id
    for update skip locked
)
update agent_routing_log as r
set status = 'queued',
    claimed_by = null,
    lease_expires_at = null,
    assigned_at = null,
    error_message = :reason,
    updated_at = now(),
    written_by = default
from held
where r.routing_id = held.routing_id
