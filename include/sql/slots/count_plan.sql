-- The plan in numbers: the state of all seats after it, and how much there is to write.
select
    (select count(*) from evaluated_companies) as companies_processed,
    count(*) filter (where person_unique_id is not null) as slots_filled,
    count(*) filter (where person_unique_id is null and attempts < 2) as slots_open,
    count(*) filter (where person_unique_id is null and attempts >= 2) as slots_closed_missing,
    (
        select count(*)
        from (
            select from slot_plan
            where person_unique_id is not null
            group by company_id, person_unique_id
            having count(*) > 1
        ) as holder_of_several
    ) as compound_matches,
    count(*) filter (where candidates > 1) as multiple_candidates,
    count(*) filter (where is_new) as to_create,
    count(*) filter (where is_changed) as to_update,
    count(*) filter (where is_over) as to_settle,
    count(*) filter (where person_unique_id is not null and is_pending) as to_cancel,
    count(*) filter (where person_unique_id is null and attempts < 2 and not is_pending) as to_request
from slot_plan
