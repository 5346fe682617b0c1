-- Seats of companies met for the first time. Should somebody else add one meanwhile, the transaction is repeated.
insert into company_slot (
    company_unique_id, slot_type, person_unique_id, enrichment_attempts, confidence_score, filled_at, filled_by,
    source_system
)
select
    company_unique_id,
    slot_type,
    person_unique_id,
    attempts,
    confidence,
    case when person_unique_id is not null then now() end,
    source_system,
    'slot_evaluation'
from slot_plan
where is_new
order by company_id, slot_type
