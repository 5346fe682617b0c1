-- The conclusions of an evaluation, before anything is written.

-- name: plan_slots
-- Concludes who holds every seat of the chosen companies, from current roles, and what that changes.
with title as materialized (
    select title, ceo_rank, cfo_rank, hr_rank
    from title_seats
    where rules = :rules and num_nonnulls(ceo_rank, cfo_rank, hr_rank) > 0
    union all
    select title, ceo_rank, cfo_rank, hr_rank
    from late_titles
    where num_nonnulls(ceo_rank, cfo_rank, hr_rank) > 0
),
fitting as materialized (
    select role.*, seat.slot_type, seat.rank
    from held_roles as role
    join title using (title)
    cross join lateral (
        -- :seats are all seats there are, in the order of the columns.
        values
            ((cast(:seats as text[]))[1], title.ceo_rank),
            ((cast(:seats as text[]))[2], title.cfo_rank),
            ((cast(:seats as text[]))[3], title.hr_rank)
    ) as seat (slot_type, rank)
    where seat.rank is not null and seat.slot_type = any(cast(:slot_types as text[]))
),
candidate as materialized (
    -- Everybody whose title fits the seat, each with the best of their titles.
    select distinct on (fitting.company_id, fitting.slot_type, p.id)
        fitting.company_id,
        fitting.slot_type,
        fitting.rank,
        p.id as person_id,
        p.person_unique_id,
        fitting.observed_on,
        fitting.source_system
    from fitting
    cross join lateral (
        -- offset 0, here and below: looked up one by one, so that a chunk costs the same however many there are.
        select known.id, known.person_unique_id
        from persons as named
        join persons as known on known.id = coalesce(named.merged_into_id, named.id)
        where named.id = fitting.person_id
        offset 0
    ) as p
    order by
        fitting.company_id, fitting.slot_type, p.id, fitting.rank, fitting.observed_on desc nulls last, fitting.role_id
),
seat as materialized (
    select e.company_id, s.*
    from evaluated_companies as e
    cross join lateral (
        select slot_type, person_unique_id, enrichment_attempts, confidence_score, filled_at
        from company_slot
        where company_unique_id = e.company_unique_id
        offset 0
    ) as s
),
holder as materialized (
    -- Whoever turned out to be somebody known holds the seat as that person.
    select seat.company_id, seat.slot_type, p.id as person_id, p.person_unique_id
    from seat
    cross join lateral (
        select known.id, known.person_unique_id
        from persons as named
        join persons as known on known.id = coalesce(named.merged_into_id, named.id)
        where named.person_unique_id = seat.person_unique_id
        offset 0
    ) as p
    where seat.person_unique_id is not null
),
winner as (
    -- The plain holder before deputies; of equals whoever holds the seat, then the most recently seen, then the lowest
    -- id.
    select distinct on (c.company_id, c.slot_type)
        c.*,
        greatest(
            cast(:most_sure as numeric) - cast(:less_sure_per_rank as numeric) * (c.rank - 1),
            cast(:least_sure as numeric)
        ) as confidence,
        count(*) over (partition by c.company_id, c.slot_type) as candidates
    from candidate as c
    left join holder on holder.company_id = c.company_id and holder.slot_type = c.slot_type
    order by
        c.company_id,
        c.slot_type,
        c.rank,
        c.person_id is not distinct from holder.person_id desc,
        c.observed_on desc nulls last,
        c.person_id
)
insert into slot_plan (
    company_id, company_unique_id, slot_type, is_new, is_changed, holder, person_unique_id, confidence, candidates,
    source_system, attempts, ended_requests, is_over, is_pending, intake_id
)
select
    e.company_id,
    e.company_unique_id,
    kind.slot_type,
    s.slot_type is null,
    s.slot_type is not null and (
        w.person_unique_id is distinct from s.person_unique_id
        or w.confidence is distinct from s.confidence_score
        or (w.person_unique_id is null and (s.filled_at is not null or request.ended > 0))
    ),
    holder.person_unique_id,
    w.person_unique_id,
    w.confidence,
    coalesce(w.candidates, 0),
    w.source_system,
    -- Every request that ended without a person for an empty seat is an attempt; a seat just lost starts afresh.
    case
        when w.person_unique_id is not null or s.person_unique_id is not null then 0
        else coalesce(s.enrichment_attempts, 0) + request.ended
    end,
    request.ended,
    request.is_over,
    request.is_pending,
    request.intake_id
from evaluated_companies as e
cross join unnest(cast(:slot_types as text[])) as kind (slot_type)
left join seat as s on s.company_id = e.company_id and s.slot_type = kind.slot_type
left join holder on holder.company_id = e.company_id and holder.slot_type = kind.slot_type
left join winner as w on w.company_id = e.company_id and w.slot_type = kind.slot_type
-- Seat by seat and, with offset 0, request by request: the queue grows faster than the planner learns about it, and
-- without statistics it would read all open requests for every seat.
cross join lateral (
    select
        coalesce(bool_or(r.status in ('pending', 'queued', 'assigned', 'running')), false) as is_pending,
        coalesce(bool_or(r.status in ('completed', 'failed', 'cancelled')), false) as is_over,
        count(*) filter (where r.status in ('completed', 'failed')) as ended,
        max(i.id) filter (where not i.validated) as intake_id
    from intake.people_raw_intake as i
    left join lateral (
        select status from agent_routing_log
        where record_id = i.id::text and record_type = 'person_slot_backfill' and settled_at is null
        offset 0
    ) as r on true
    where i.company_unique_id = e.company_unique_id
      and i.slot_type = kind.slot_type
      and i.source_system = 'slot_backfill'
) as request

-- name: count_plan
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

-- name: planned_changes
-- Every change the plan would make, company by company, for a dry run; with ids of persons, not their names.
select number, company_unique_id, name, slot_type, change, person_unique_id, count(*) over () as total
from (
    select
        e.number,
        e.company_unique_id,
        e.name,
        plan.slot_type,
        plan.person_unique_id,
        case
            when plan.person_unique_id is not null and plan.holder is null then 'fill'
            when plan.person_unique_id <> plan.holder then 'replace'
            when plan.person_unique_id is not null then null
            when plan.holder is not null then 'reopen'
            when plan.attempts >= 2 and plan.ended_requests > 0 then 'close'
            when plan.attempts < 2 and not plan.is_pending then 'request'
        end as change
    from (
        select company_id, company_unique_id, name, row_number() over (order by company_id) as number
        from evaluated_companies
    ) as e
    join slot_plan as plan using (company_id)
) as planned
where change is not null
order by number, slot_type
limit :limit
