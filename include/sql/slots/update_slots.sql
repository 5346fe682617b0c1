-- Seats about which there is news. Whoever keeps a seat keeps the day it was filled.
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
        when num_nonnulls(news.person_unique_id, s.person_unique_id) > 0 then 0
        else s.enrichment_attempts + news.ended_requests
    end,
    confidence_score = news.confidence,
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
