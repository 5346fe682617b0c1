-- Every seat as it was at :at, rebuilt from history.
select company_slot_unique_id, company_unique_id, slot_type, transition, status, person_unique_id, enrichment_attempts,
       changed_at
from (
    select distinct on (company_slot_unique_id) *
    from slot_transitions
    where changed_at <= :at
      and (cast(:company_unique_ids as text[]) is null or company_unique_id = any(cast(:company_unique_ids as text[])))
    order by company_slot_unique_id, id desc
) as latest
where transition <> 'removed'
order by company_unique_id, slot_type
