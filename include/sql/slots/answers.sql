-- What outside agents have written into the intake queue: people for seats.

-- name: unpromoted_answers
-- Validated rows for the companies evaluated, or for those merged into them, that nobody has promoted yet.
with member as (
    select company_id, company_unique_id from evaluated_companies
    union all
    select e.company_id, m.company_unique_id
    from evaluated_companies as e
    join companies as m on m.merged_into_id = e.company_id
)
select
    i.id,
    member.company_id,
    i.slot_type,
    coalesce(nullif(trim(i.full_name), ''), nullif(concat_ws(' ', i.first_name, i.last_name), '')) as full_name,
    i.title,
    i.linkedin_url,
    i.email,
    coalesce(i.work_phone, i.personal_phone) as phone,
    i.bio,
    (coalesce(i.last_enriched_at, i.validated_at, i.updated_at) at time zone 'UTC')::date as observed_on
from intake.people_raw_intake as i
join member using (company_unique_id)
where i.source_system = 'slot_backfill' and i.validated and i.promoted_at is null
order by i.id
for no key update of i

-- name: unseated_answers
-- Of the people saved for intake rows (:rows, a JSON array) those who cannot take the seat all the same, and why: refused,
-- or without a current role, as older evidence says less than is known already.
select r.id, case when f.company_id is not null then 'refused' else 'no_role' end as reason
from json_to_recordset(cast(:rows as json)) as r (id bigint, company_id bigint, slot_type text, person_id bigint)
join persons as named on named.id = r.person_id
cross join lateral (
    select array_agg(p.id) as ids
    from persons as p
    where coalesce(p.merged_into_id, p.id) = coalesce(named.merged_into_id, named.id)
) as same
left join lateral (
    select f.company_id
    from seat_refusals as f
    join companies as c on c.id = f.company_id
    where f.person_id = any(same.ids) and f.slot_type = r.slot_type and coalesce(c.merged_into_id, c.id) = r.company_id
    limit 1
) as f on true
where f.company_id is not null
   or not exists (
       select from company_person_roles as held
       where held.company_id = r.company_id and held.person_id = any(same.ids) and held.is_current
   )

-- name: mark_promoted
-- Notes that rows were promoted, and what was wrong with those that could not be (:rows, a JSON array).
update intake.people_raw_intake as i
set promoted_at = now(),
    validated_at = coalesce(i.validated_at, now()),
    validation_notes = coalesce(r.note, i.validation_notes),
    updated_at = now(),
    written_by = default
from json_to_recordset(cast(:rows as json)) as r (id bigint, note text)
where i.id = r.id

-- name: close_answered
-- Ends the requests of promoted rows that still wait: with a person for the seat they are completed, else failed with
-- what was wrong (:rows), as are those that were called completed. A request that somebody works on is left to them.
update agent_routing_log as q
set status = case when r.note is null then 'completed' else 'failed' end,
    error_message = r.note,
    completed_at = coalesce(q.completed_at, now()),
    updated_at = now(),
    written_by = default
from json_to_recordset(cast(:rows as json)) as r (id bigint, note text)
where q.record_id = r.id::text
  and q.record_type = 'person_slot_backfill'
  and q.settled_at is null
  and (q.status in ('pending', 'queued') or (q.status = 'completed' and r.note is not null))
