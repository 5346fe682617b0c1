-- Writing the conclusions of an evaluation: seats, settled and cancelled requests, new requests.

-- name: say_who_writes
-- Says whether notes about what follows in this transaction would be dropped: then triggers make none about requests.
select set_config('prospecting.evaluates_seats', case when cast(:drops_notes as boolean) then 'on' else 'off' end, true)

-- name: insert_slots
-- Adds the seats of companies met for the first time. Should somebody else add one meanwhile, the transaction is
-- repeated.
insert into company_slot (
    company_unique_id, slot_type, person_unique_id, enrichment_attempts, confidence_score, filled_at, filled_by, is_weak,
    due_on, source_system
)
select
    company_unique_id,
    slot_type,
    person_unique_id,
    attempts,
    confidence,
    case when person_unique_id is not null then now() end,
    source_system,
    is_weak,
    due_on,
    'slot_evaluation'
from slot_plan
where is_new
order by company_id, slot_type

-- name: update_slots
-- Updates the seats about which there is news. Whoever keeps a seat keeps the day it was filled.
with news as materialized (
    select plan.*
    from slot_plan as plan
    join company_slot as s using (company_unique_id, slot_type)
    where plan.is_changed
    order by plan.company_id, plan.slot_type
    for no key update of s
)
update company_slot as s
set person_unique_id = news.person_unique_id,
    -- Relative, because a request may have been closed since the plan was made.
    enrichment_attempts = case
        when news.starts_afresh or (news.person_unique_id is not null and not news.is_weak) then 0
        else s.enrichment_attempts + news.ended_requests
    end,
    confidence_score = news.confidence,
    is_weak = news.is_weak,
    due_on = news.due_on,
    -- A seat that is closed by hand was asked about today, so that it is known when it opens again.
    last_asked_at = case when news.attempts >= 2 then coalesce(news.asked_at, now()) else news.asked_at end,
    filled_at = case
        when news.person_unique_id is null then null
        when news.person_unique_id = news.holder then coalesce(s.filled_at, now())
        else now()
    end,
    filled_by = case when news.person_unique_id = news.holder then s.filled_by else news.source_system end,
    last_refreshed_at = now(),
    written_by = default
from news
where s.company_unique_id = news.company_unique_id and s.slot_type = news.slot_type

-- name: settle_requests
-- Notes that the outcome of requests that are over has been counted on their seats (cancelled ones count as nothing).
update agent_routing_log as r
set settled_at = now(), updated_at = now(), written_by = default
from slot_plan as plan
join intake.people_raw_intake as i
    on i.company_unique_id = plan.company_unique_id
    and i.slot_type = plan.slot_type
    and i.source_system = 'slot_backfill'
    and not (i.validated and i.promoted_at is null)
cross join lateral (
    -- offset 0: one look-up per request. Without statistics the planner would read all open requests each time.
    select routing_id from agent_routing_log
    where record_id = i.id::text and record_type = 'person_slot_backfill' and settled_at is null
    offset 0
) as unsettled
where plan.is_over
  and r.routing_id = unsettled.routing_id
  and r.status in ('completed', 'failed', 'cancelled')
  and r.settled_at is null

-- name: cancel_requests
-- Cancels requests nobody works on yet, for seats that were filled without them; not those that somebody else made.
update agent_routing_log as r
set status = 'cancelled',
    completed_at = now(),
    settled_at = now(),
    error_message = 'The seat was filled, or its holder confirmed, before anybody was asked',
    updated_at = now(),
    written_by = default
from slot_plan as plan
join intake.people_raw_intake as i
    on i.company_unique_id = plan.company_unique_id
    and i.slot_type = plan.slot_type
    and i.source_system = 'slot_backfill'
cross join lateral (
    -- offset 0: one look-up per request. Without statistics the planner would read all open requests each time.
    select routing_id from agent_routing_log
    where record_id = i.id::text and record_type = 'person_slot_backfill' and settled_at is null
    offset 0
) as unsettled
where plan.is_cancelled
  and i.backfill_source in ('slot_evaluation', 'slot_verification')
  and r.routing_id = unsettled.routing_id
  and r.status in ('pending', 'queued')
  and r.settled_at is null

-- name: queue_requests
-- Adds one request for every seat that is to be asked about: a row in the intake queue, its routing, a line of history. An
-- intake row that was never validated is asked again. No ON CONFLICT, which costs a quarter more: should somebody else
-- add the same request meanwhile, the unique indexes refuse ours, and the transaction is repeated.
with wanted as materialized (
    select plan.company_id, plan.company_unique_id, plan.slot_type, plan.attempts, plan.intake_id, e.name,
           case when plan.person_unique_id is null or plan.is_weak then 'slot_evaluation' else 'slot_verification' end
               as backfill_source
    from slot_plan as plan
    join evaluated_companies as e using (company_id)
    where plan.is_requested
),
asked_again as (
    update intake.people_raw_intake as i
    set enrichment_attempt = wanted.attempts + 1, company_name = wanted.name, backfill_source = wanted.backfill_source,
        updated_at = now(), written_by = default
    from wanted
    where i.id = wanted.intake_id
      -- By key: most nights few are asked again, or none, and the planner would read the whole queue to find them.
      and i.id = any(array(select intake_id from wanted where intake_id is not null))
    returning i.id, i.company_unique_id, i.slot_type, i.enrichment_attempt
),
asked_first as (
    insert into intake.people_raw_intake (
        company_unique_id, company_name, source_system, slot_type, backfill_source, enrichment_attempt
    )
    select company_unique_id, name, 'slot_backfill', slot_type, backfill_source, attempts + 1
    from wanted
    where intake_id is null
    order by company_id, slot_type
    returning id, company_unique_id, slot_type, enrichment_attempt
),
asked as (
    select * from asked_again
    union all
    select * from asked_first
),
routed as (
    insert into agent_routing_log (record_type, record_id, garage_bay, agent_name, routing_reason, status)
    select
        'person_slot_backfill',
        id::text,
        'bay_a',
        'b2_enrichment_agent',
        'slot_backfill_' || slot_type || '_attempt_' || enrichment_attempt,
        'queued'
    from asked
    order by asked.id
)
insert into slot_transitions (
    company_slot_unique_id, company_unique_id, slot_type, transition, status, person_unique_id, enrichment_attempts
)
select slot_unique_id(asked.company_unique_id, asked.slot_type), asked.company_unique_id, asked.slot_type, 'requested',
       case when plan.person_unique_id is null then 'open' else 'filled' end, plan.person_unique_id,
       asked.enrichment_attempt - 1
from asked
join slot_plan as plan using (company_unique_id, slot_type)

-- name: remove_merged
-- Removes the seats of companies that were merged into those evaluated: who works there works here. Requests that nobody
-- works on yet go with them.
with merged as materialized (
    select m.company_unique_id
    from evaluated_companies as e
    join companies as m on m.merged_into_id = e.company_id
    order by m.id
),
cancelled as (
    update agent_routing_log as r
    set status = 'cancelled',
        completed_at = now(),
        settled_at = now(),
        error_message = 'The company was merged into another one',
        updated_at = now(),
        written_by = default
    from merged
    join intake.people_raw_intake as i using (company_unique_id)
    where i.source_system = 'slot_backfill'
      and r.record_id = i.id::text
      and r.record_type = 'person_slot_backfill'
      and r.settled_at is null
      and r.status in ('pending', 'queued')
)
delete from company_slot as s
using merged
where s.company_unique_id = merged.company_unique_id
