-- One request for every open seat without one: a row in the intake queue, its routing, a line of history.
with wanted as (
    select plan.company_unique_id, plan.slot_type, plan.attempts, e.name
    from slot_plan as plan
    join evaluated_companies as e using (company_id)
    where plan.person_unique_id is null and plan.attempts < 2 and not plan.is_pending
    order by plan.company_id, plan.slot_type
),
asked as (
    insert into intake.people_raw_intake (
        company_unique_id, company_name, source_system, slot_type, backfill_source, enrichment_attempt
    )
    select company_unique_id, name, 'slot_backfill', slot_type, 'slot_evaluation', attempts + 1
    from wanted
    on conflict (company_unique_id, slot_type) where source_system = 'slot_backfill' and validated = false
    do update
    set enrichment_attempt = excluded.enrichment_attempt,
        company_name = excluded.company_name,
        written_by = excluded.written_by,
        updated_at = now()
    returning id, company_unique_id, slot_type, enrichment_attempt
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
    returning record_id
)
insert into slot_transitions (
    company_slot_unique_id, company_unique_id, slot_type, transition, status, enrichment_attempts
)
select s.company_slot_unique_id, s.company_unique_id, s.slot_type, 'requested', s.status, s.enrichment_attempts
from asked
join company_slot as s using (company_unique_id, slot_type)
