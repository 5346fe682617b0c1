-- Seats that closed because nobody was found, opened again by hand.

-- name: closed_by_run
-- The seats that are closed and whose request an Airflow run ended without a person, for a :reason if given, locked in
-- the order of their keys.
select s.company_slot_unique_id
from company_slot as s
where s.status = 'closed_missing'
  and exists (
      select
      from agent_routing_log as r
      join intake.people_raw_intake as i
          on i.id = case when r.record_id ~ '^[1-9][0-9]{0,17}$' then r.record_id::bigint end
      where r.record_type = 'person_slot_backfill'
        and r.status = 'failed'
        and starts_with(r.claimed_by, cast(:run_id as text) || ' ')
        and (cast(:reason as text) is null or r.error_message = :reason)
        and i.company_unique_id = s.company_unique_id
        and i.slot_type = s.slot_type
  )
order by s.company_slot_unique_id
for update of s

-- name: reopen_closed
-- Opens closed seats: their attempts start afresh, and the next evaluation asks for them.
update company_slot
set enrichment_attempts = 0, written_by = default
where company_slot_unique_id = any(cast(:ids as text[])) and status = 'closed_missing'

-- name: count_closed_by_run
-- How many seats are closed now whose request an Airflow run ended without a person, by the reason it gave.
select r.error_message as reason, count(distinct s.company_slot_unique_id) as seats
from agent_routing_log as r
join intake.people_raw_intake as i
    on i.id = case when r.record_id ~ '^[1-9][0-9]{0,17}$' then r.record_id::bigint end
join company_slot as s on s.company_unique_id = i.company_unique_id and s.slot_type = i.slot_type
where r.record_type = 'person_slot_backfill'
  and r.status = 'failed'
  and starts_with(r.claimed_by, cast(:run_id as text) || ' ')
  and s.status = 'closed_missing'
group by r.error_message
