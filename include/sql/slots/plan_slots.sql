-- Concludes who holds every seat of the chosen companies, from current roles, and what that changes.
with member as (
    -- Who works at a company that was merged works at the one it was merged into.
    select company_id as id, company_id, company_unique_id from evaluated_companies
    union all
    select merged.id, e.company_id, e.company_unique_id
    from companies as merged
    join evaluated_companies as e on e.company_id = merged.merged_into_id
),
title as materialized (
    select title, ceo_rank, cfo_rank, hr_rank
    from title_seats
    where rules = :rules and num_nonnulls(ceo_rank, cfo_rank, hr_rank) > 0
    union all
    select title, ceo_rank, cfo_rank, hr_rank
    from late_titles
    where num_nonnulls(ceo_rank, cfo_rank, hr_rank) > 0
),
candidate as materialized (
    -- Everybody whose title fits the seat, each with the best of their titles.
    select distinct on (member.company_id, seat.slot_type, p.id)
        member.company_id,
        member.company_unique_id,
        seat.slot_type,
        seat.rank,
        p.id as person_id,
        p.person_unique_id,
        r.observed_on,
        r.source_system
    from member
    join company_person_roles as r on r.company_id = member.id and r.is_current
    join title on title.title = left(r.role_title, 300)
    cross join lateral (
        values ('CEO', title.ceo_rank), ('CFO', title.cfo_rank), ('HR', title.hr_rank)
    ) as seat (slot_type, rank)
    join persons as named on named.id = r.person_id
    join persons as p on p.id = coalesce(named.merged_into_id, named.id)
    where seat.rank is not null and seat.slot_type = any(cast(:slot_types as text[]))
    order by member.company_id, seat.slot_type, p.id, seat.rank, r.observed_on desc nulls last, r.id
),
winner as (
    -- The plain holder before deputies; of equals whoever holds the seat, then the most recently seen, then the lowest id.
    select distinct on (c.company_id, c.slot_type)
        c.*,
        greatest(1.1 - 0.1 * c.rank, 0.1) as confidence,
        count(*) over (partition by c.company_id, c.slot_type) as candidates
    from candidate as c
    left join company_slot as s on s.company_unique_id = c.company_unique_id and s.slot_type = c.slot_type
    order by
        c.company_id,
        c.slot_type,
        c.rank,
        c.person_unique_id is not distinct from s.person_unique_id desc,
        c.observed_on desc nulls last,
        c.person_id
),
request as (
    select
        i.company_unique_id,
        i.slot_type,
        bool_or(r.status in ('pending', 'queued', 'assigned', 'running')) as is_pending,
        count(*) filter (where r.status in ('completed', 'failed')) as ended
    from evaluated_companies as e
    join intake.people_raw_intake as i
        on i.company_unique_id = e.company_unique_id
        and i.slot_type = any(cast(:slot_types as text[]))
        and i.source_system = 'slot_backfill'
    join agent_routing_log as r
        on r.record_id = i.id::text and r.record_type = 'person_slot_backfill' and r.settled_at is null
    group by i.company_unique_id, i.slot_type
)
insert into slot_plan (
    company_id, company_unique_id, slot_type, is_new, is_changed, holder, person_unique_id, confidence, candidates,
    source_system, attempts, ended_requests, is_pending
)
select
    e.company_id,
    e.company_unique_id,
    kind.slot_type,
    s.slot_type is null,
    s.slot_type is not null and (
        w.person_unique_id is distinct from s.person_unique_id
        or w.confidence is distinct from s.confidence_score
        or (w.person_unique_id is null and (s.filled_at is not null or coalesce(request.ended, 0) > 0))
    ),
    s.person_unique_id,
    w.person_unique_id,
    w.confidence,
    coalesce(w.candidates, 0),
    w.source_system,
    -- Every request that ended without a person for an empty seat is an attempt; a seat just lost starts afresh.
    case
        when w.person_unique_id is not null or s.person_unique_id is not null then 0
        else coalesce(s.enrichment_attempts, 0) + coalesce(request.ended, 0)
    end,
    coalesce(request.ended, 0),
    coalesce(request.is_pending, false)
from evaluated_companies as e
cross join unnest(cast(:slot_types as text[])) as kind (slot_type)
left join company_slot as s on s.company_unique_id = e.company_unique_id and s.slot_type = kind.slot_type
left join winner as w on w.company_id = e.company_id and w.slot_type = kind.slot_type
left join request on request.company_unique_id = e.company_unique_id and request.slot_type = kind.slot_type
