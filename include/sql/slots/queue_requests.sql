-- One request for every open seat without one: a row in the intake queue, its routing, a line of history. An intake row
-- that was never validated is asked again. No ON CONFLICT, which costs a quarter more: should somebody else add the same
-- request meanwhile, the unique indexes refuse ours, and the transaction is repeated.
with wanted as materialized (
    select plan.company_id, plan.company_unique_id, plan.slot_type, plan.attempts, plan.intake_id, e.name
    from slot_plan as plan
    join evaluated_companies as e using (company_id)
    where plan.person_unique_id is null and plan.attempts < 2 and not plan.is_pending
),
asked_again as (
    update intake.people_raw_intake as i
    set enrichment_attempt = wanted.attempts + 1, company_name = wanted.name, updated_at = now(), written_by = default
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
    select company_unique_id, name, 'slot_backfill', slot_type, 'slot_evaluation', attempts + 1
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
    company_slot_unique_id, company_unique_id, slot_type, transition, status, enrichment_attempts
)
select slot_unique_id(company_unique_id, slot_type), company_unique_id, slot_type, 'requested', 'open',
       enrichment_attempt - 1
from asked
