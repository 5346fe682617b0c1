-- Ending requests with what was found.

-- name: lock_seats
-- Locks the seats behind :routing_ids, before their requests: evaluations take both in this order.
select s.company_slot_unique_id
from unnest(cast(:routing_ids as bigint[])) as asked (routing_id)
cross join lateral (
    -- offset 0: looked up one by one; the planner does not know how long the queue has grown.
    select i.company_unique_id, i.slot_type
    from agent_routing_log as r
    join intake.people_raw_intake as i on i.id = r.record_id::bigint
    where r.routing_id = asked.routing_id
    offset 0
) as wanted
join companies as c on c.company_unique_id = wanted.company_unique_id
join company_slot as s on s.company_unique_id = wanted.company_unique_id and s.slot_type = wanted.slot_type
order by c.id, s.slot_type
for no key update of s

-- name: close_requests
-- Ends requests that :claimed_by still holds, with their outcome (:outcomes, a JSON array). A person makes the intake
-- row a validated one; no person is one more attempt on a seat that is searched. A request for which nobody was asked
-- whose answer could be another one next time waits, without an attempt.
with outcome as (
    select o.*, o.full_name is not null as is_found
    from json_to_recordset(cast(:outcomes as json)) as o (
        routing_id bigint, error text, cost_usd numeric, duration_ms integer, score integer, provider text,
        first_name text, last_name text, full_name text, email text, phone text, title text, seniority text,
        linkedin_url text, bio text, is_waiting boolean, is_live boolean, asked_at timestamptz, answered_by json
    )
),
closed as (
    update agent_routing_log as r
    set status = case
            when outcome.is_waiting then 'queued'
            when outcome.is_found then 'completed'
            else 'failed'
        end,
        claimed_by = case when outcome.is_waiting then null else r.claimed_by end,
        assigned_at = case when outcome.is_waiting then null else r.assigned_at end,
        error_message = outcome.error,
        cost_credits = outcome.cost_usd,
        duration_ms = outcome.duration_ms,
        data_quality_score = outcome.score,
        completed_at = case when not outcome.is_waiting then clock_timestamp() end,
        lease_expires_at = null,
        -- A person still has to be seated; the next evaluation does that, and settles.
        settled_at = case when not outcome.is_found and not outcome.is_waiting then clock_timestamp() end,
        updated_at = clock_timestamp(),
        written_by = default
    from outcome
    where r.routing_id = outcome.routing_id and r.claimed_by = :claimed_by and r.status = 'running'
    returning r.routing_id, r.record_id::bigint as intake_id
),
enriched as (
    update intake.people_raw_intake as i
    set first_name = coalesce(left(outcome.first_name, 255), i.first_name),
        last_name = coalesce(left(outcome.last_name, 255), i.last_name),
        full_name = coalesce(left(outcome.full_name, 500), i.full_name),
        email = coalesce(left(outcome.email, 500), i.email),
        work_phone = coalesce(left(outcome.phone, 50), i.work_phone),
        title = coalesce(left(outcome.title, 500), i.title),
        seniority = coalesce(outcome.seniority, i.seniority),
        linkedin_url = coalesce(outcome.linkedin_url, i.linkedin_url),
        bio = coalesce(outcome.bio, i.bio),
        validated = i.validated or outcome.is_found,
        validated_at = case when outcome.is_found then now() else i.validated_at end,
        validated_by = case when outcome.is_found then 'slot_backfill' else i.validated_by end,
        promoted_at = case when outcome.is_found then now() else i.promoted_at end,
        validation_notes = outcome.error,
        enriched_by = outcome.provider,
        last_enriched_at = case when outcome.is_found then now() else i.last_enriched_at end,
        updated_at = now(),
        written_by = default
    from closed
    join outcome using (routing_id)
    where i.id = closed.intake_id
    returning i.company_unique_id, i.slot_type, outcome.is_found, outcome.is_waiting, outcome.is_live,
        outcome.asked_at, outcome.answered_by
),
attempted as (
    update company_slot as s
    set enrichment_attempts = s.enrichment_attempts + case
            when not enriched.is_found and not enriched.is_waiting and (s.person_unique_id is null or s.is_weak) then 1
            else 0
        end,
        last_asked_at = case
            when enriched.is_live then greatest(s.last_asked_at, coalesce(enriched.asked_at, now()))
            else s.last_asked_at
        end,
        answered_by = (
            select coalesce(array_agg(distinct provider order by provider), '{}')
            from (
                select unnest(s.answered_by)
                union all
                select json_array_elements_text(enriched.answered_by)
            ) as named (provider)
        ),
        last_refreshed_at = now(),
        written_by = default
    from enriched
    where s.company_unique_id = enriched.company_unique_id and s.slot_type = enriched.slot_type
)
select routing_id from closed order by routing_id
