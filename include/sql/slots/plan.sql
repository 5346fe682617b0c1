-- The conclusions of an evaluation, before anything is written.

-- name: plan_slots
-- Concludes who holds every seat of the chosen companies, from current roles, and what that changes.
with title as materialized (
    select title, case when cast(:also_ceo as boolean) then coalesce(ceo_rank, also_ceo_rank) else ceo_rank end as ceo_rank,
           cfo_rank, hr_rank
    from title_seats
    where rules = :rules and num_nonnulls(ceo_rank, cfo_rank, hr_rank, also_ceo_rank) > 0
    union all
    select title, case when cast(:also_ceo as boolean) then coalesce(ceo_rank, also_ceo_rank) else ceo_rank end,
           cfo_rank, hr_rank
    from late_titles
    where num_nonnulls(ceo_rank, cfo_rank, hr_rank, also_ceo_rank) > 0
),
refused as materialized (
    -- Also at a company that was merged, and as somebody who turned out to be known already.
    select member.company_id, f.slot_type, coalesce(p.merged_into_id, p.id) as person_id
    from (
        select id, coalesce(merged_into_id, id) as company_id from companies
        where id in (select company_id from seat_refusals)
    ) as member
    join seat_refusals as f on f.company_id = member.id
    join persons as p on p.id = f.person_id
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
        fitting.is_doubted,
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
    where (fitting.company_id, fitting.slot_type, p.id) not in (
        select company_id, slot_type, person_id from refused
    )
    order by
        fitting.company_id, fitting.slot_type, p.id, fitting.is_doubted, fitting.rank, fitting.observed_on desc nulls last, fitting.role_id
),
seat as materialized (
    select e.company_id, s.*
    from evaluated_companies as e
    cross join lateral (
        select slot_type, person_unique_id, enrichment_attempts, confidence_score, filled_at, is_weak, due_on,
               last_asked_at, answered_by
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
ranked as (
    -- Outdated: seen long before somebody of the same or a better rank, or before somebody who sits in the seat.
    select
        c.*,
        coalesce(
            c.observed_on < greatest(
                max(c.observed_on) over (partition by c.company_id, c.slot_type order by c.rank),
                max(c.observed_on) filter (where c.rank <= cast(:in_office as integer) and c.slot_type <> :led)
                    over (partition by c.company_id, c.slot_type)
            ) - cast(:newer_by_days as integer),
            false
        ) as is_outdated,
        count(*) over (partition by c.company_id, c.slot_type) as candidates
    from candidate as c
),
winner as (
    -- Nobody outdated before somebody who is not; the plain holder before deputies; of equals whoever holds the seat,
    -- then the most recently seen, then the lowest id.
    select distinct on (c.company_id, c.slot_type)
        c.*,
        greatest(
            cast(:most_sure as numeric) - cast(:less_sure_per_rank as numeric) * (c.rank - 1),
            cast(:least_sure as numeric)
        ) as confidence
    from ranked as c
    left join holder on holder.company_id = c.company_id and holder.slot_type = c.slot_type
    order by
        c.company_id,
        c.slot_type,
        c.is_outdated,
        c.rank,
        c.person_id is not distinct from holder.person_id desc,
        c.is_doubted,
        c.observed_on desc nulls last,
        c.person_id
),
asked as (
    -- Seat by seat and, with offset 0, request by request: the queue grows faster than the planner learns about it, and
    -- without statistics it would read all open requests for every seat.
    select e.company_id, e.company_unique_id, kind.slot_type, request.*
    from evaluated_companies as e
    cross join unnest(cast(:slot_types as text[])) as kind (slot_type)
    cross join lateral (
        select
            -- An answer that nobody has promoted yet, as in a dry run or because it came just now, has not come to anything.
            coalesce(bool_or(r.status in ('pending', 'queued', 'assigned', 'running') or i.is_unread), false)
                as is_pending,
            -- Made by somebody else than an evaluation, or worked on already: not for an evaluation to cancel.
            coalesce(
                bool_or(
                    r.status in ('assigned', 'running')
                    or (
                        r.status in ('pending', 'queued')
                        and coalesce(i.backfill_source, '') not in ('slot_evaluation', 'slot_verification')
                    )
                ),
                false
            ) as is_somebodys,
            coalesce(
                bool_or(r.status in ('pending', 'queued') and i.backfill_source = 'slot_verification'), false
            ) as is_verified,
            coalesce(bool_or(r.status in ('completed', 'failed', 'cancelled') and not i.is_unread), false) as is_over,
            count(*) filter (where r.status in ('completed', 'failed') and not i.is_unread) as ended,
            -- By an outside agent: slot_backfill says itself when it has asked somebody who may know more by now.
            max(r.completed_at) filter (
                where r.status in ('completed', 'failed') and i.validated_by is distinct from 'slot_backfill'
            ) as ended_at,
            max(i.id) filter (where not i.validated) as intake_id
        from (
            select id, backfill_source, validated, validated_by, validated and promoted_at is null as is_unread
            from intake.people_raw_intake
            where company_unique_id = e.company_unique_id
              and slot_type = kind.slot_type
              and source_system = 'slot_backfill'
        ) as i
        left join lateral (
            select status, completed_at from agent_routing_log
            where record_id = i.id::text and record_type = 'person_slot_backfill' and settled_at is null
            offset 0
        ) as r on true
    ) as request
),
state as (
    -- Who holds the seat, whether the search goes on, and what it has come to.
    select
        a.company_id,
        a.company_unique_id,
        a.slot_type,
        s.slot_type is null as is_new,
        s.person_unique_id as held_by,
        s.confidence_score,
        s.filled_at,
        s.enrichment_attempts,
        s.is_weak as was_weak,
        s.due_on as was_due_on,
        coalesce(s.due_on <= today.is, false) as was_due,
        holder.person_unique_id as holder,
        w.person_unique_id,
        w.confidence,
        coalesce(w.candidates, 0) as candidates,
        w.source_system,
        w.person_unique_id is null or w.confidence < limits.least as is_searched,
        w.person_unique_id is not null and w.confidence < limits.least as is_weak,
        greatest(s.last_asked_at, a.ended_at) as asked_at,
        a.ended as ended_requests,
        a.is_over,
        a.is_pending,
        a.is_somebodys,
        a.is_verified,
        a.intake_id,
        today.is as today,
        w.observed_on,
        coalesce(w.is_doubted, false) as is_doubted,
        -- Every request that ended without a person for a searched seat is an attempt. A seat just lost starts afresh;
        -- so does a closed one after a while, or when somebody can be asked who has never answered for it.
        case
            when s.slot_type is null then false
            when s.person_unique_id is not null and not s.is_weak then true
            when s.enrichment_attempts < 2 or a.ended > 0 or a.is_pending then false
            else coalesce(s.due_on <= today.is, false)
                 or (
                     cardinality(cast(:providers as text[])) > 0
                     and not s.answered_by @> cast(:providers as text[])
                 )
        end as starts_afresh
    from asked as a
    cross join (select (now() at time zone 'UTC')::date as is) as today
    cross join lateral (
        select (cast(:min_confidence as numeric[]))[array_position(cast(:seats as text[]), a.slot_type)] as least
    ) as limits
    left join seat as s on s.company_id = a.company_id and s.slot_type = a.slot_type
    left join holder on holder.company_id = a.company_id and holder.slot_type = a.slot_type
    left join winner as w on w.company_id = a.company_id and w.slot_type = a.slot_type
),
counted as (
    select
        state.*,
        case when not is_searched or starts_afresh then 0 else coalesce(enrichment_attempts, 0) + ended_requests end
            as attempts,
        -- From when on a holder has to be confirmed: who may be elsewhere by now, at once. Whoever was asked about since
        -- they were seen has been looked for.
        case
            when is_doubted and (asked_at is null or (asked_at at time zone 'UTC')::date <= observed_on) then today
            else greatest(
                case
                    when not is_doubted
                        then coalesce(
                            observed_on,
                            (case when person_unique_id = holder then filled_at end at time zone 'UTC')::date,
                            today
                        )
                end,
                (asked_at at time zone 'UTC')::date
            ) + cast(:reverify_after_days as integer)
        end as confirm_on
    from state
),
confirmed as (
    select counted.*, cast(:reverify_after_days as integer) > 0 and confirm_on <= today as is_to_confirm
    from counted
),
concluded as (
    select
        confirmed.*,
        case
            when is_searched then attempts < 2 and not is_pending
            else is_to_confirm and not is_somebodys and not is_verified
        end as is_requested,
        not is_searched and is_pending and not is_somebodys and not (is_to_confirm and is_verified) as is_cancelled
    from confirmed
),
dated as (
    select
        concluded.*,
        -- Whoever is asked comes back by themselves.
        case
            when is_requested or (is_pending and not is_cancelled) then null
            when is_searched and cast(:reopen_after_days as integer) > 0
                then coalesce((asked_at at time zone 'UTC')::date, today) + cast(:reopen_after_days as integer)
            when not is_searched and cast(:reverify_after_days as integer) > 0 then confirm_on
        end as due_on
    from concluded
)
insert into slot_plan (
    company_id, company_unique_id, slot_type, is_new, is_changed, holder, person_unique_id, confidence, is_weak,
    candidates, source_system, attempts, starts_afresh, ended_requests, asked_at, is_over, is_pending, is_requested,
    is_cancelled, was_due, due_on, intake_id
)
select
    company_id,
    company_unique_id,
    slot_type,
    is_new,
    not is_new and (
        person_unique_id is distinct from held_by
        or confidence is distinct from confidence_score
        or is_weak is distinct from was_weak
        or attempts <> enrichment_attempts
        or due_on is distinct from was_due_on
        or (person_unique_id is null and filled_at is not null)
    ),
    holder,
    person_unique_id,
    confidence,
    is_weak,
    candidates,
    source_system,
    attempts,
    starts_afresh,
    ended_requests,
    asked_at,
    is_over,
    is_pending,
    is_requested,
    is_cancelled,
    was_due,
    due_on,
    intake_id
from dated

-- name: companies_to_ask_about
-- The companies with a seat that is to be asked about, as an array.
select array_agg(distinct company_id order by company_id) from slot_plan where is_requested

-- name: hold_back
-- Asks nobody about these companies. Their seats have no day: they are looked at again when something happens.
update slot_plan set is_requested = false where is_requested and company_id = any(cast(:company_ids as bigint[]))

-- name: count_plan
-- The plan in numbers: the state of all seats after it, and how much there is to write.
select
    (select count(*) from evaluated_companies) as companies_processed,
    count(*) filter (where person_unique_id is not null) as slots_filled,
    count(*) filter (where is_weak) as slots_weak,
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
    count(*) filter (where is_cancelled) as to_cancel,
    count(*) filter (where is_requested) as to_request,
    count(*) filter (where is_requested and person_unique_id is not null and not is_weak) as to_verify
from slot_plan

-- name: count_unnoted
-- Seats that would change although nothing was noted about their company, neither before nor since, and no day has come.
select count(*)
from slot_plan as plan
where (plan.is_new or plan.is_changed or plan.is_over or plan.is_cancelled or plan.is_requested)
  and not plan.was_due
  and not exists (select from noted_companies as n where n.company_id = plan.company_id)
  and not exists (
      select from seat_changes as c
      join companies as m on m.id = c.company_id
      where plan.company_id in (m.id, m.merged_into_id)
  )

-- name: planned_changes
-- Every change the plan would make, company by company, for a dry run; with ids of persons, not their names. by_seat: how
-- many of each kind there are of each seat, the same in every row.
with planned as materialized (
    select
        e.number,
        e.company_unique_id,
        e.name,
        plan.slot_type,
        plan.person_unique_id,
        case
            when plan.person_unique_id is not null and plan.holder is null then 'fill'
            when plan.person_unique_id <> plan.holder then 'replace'
            when plan.holder is not null and plan.person_unique_id is null then 'reopen'
            when plan.person_unique_id is not null and plan.is_requested then 'verify'
            when plan.person_unique_id is null and plan.attempts >= 2 and plan.ended_requests > 0 then 'close'
            when plan.is_requested then 'request'
        end as change
    from (
        select company_id, company_unique_id, name, row_number() over (order by company_id) as number
        from evaluated_companies
    ) as e
    join slot_plan as plan using (company_id)
)
select number, company_unique_id, name, slot_type, change, person_unique_id, count(*) over () as total,
       (
           select jsonb_agg(jsonb_build_object('seat', slot_type, 'change', change, 'seats', seats))
           from (
               select slot_type, change, count(*) as seats
               from planned
               where change is not null
               group by slot_type, change
               order by slot_type, change
           ) as counted
       ) as by_seat
from planned
where change is not null
order by number, slot_type
limit :limit
