-- Reading the history of seats.

-- name: state_at
-- Every seat as it was at :at, rebuilt from history. Companies are looked up by the ids of their seats (:seats are all
-- there are), on which there is an index.
select company_slot_unique_id, company_unique_id, slot_type, transition, status, person_unique_id, enrichment_attempts,
       changed_at
from (
    select distinct on (company_slot_unique_id) *
    from slot_transitions
    where changed_at <= :at
      and (
          cast(:company_unique_ids as text[]) is null
          or company_slot_unique_id = any(array(
              select slot_unique_id(company, seat)
              from unnest(cast(:company_unique_ids as text[])) as companies (company)
              cross join unnest(cast(:seats as text[])) as seats (seat)
          ))
      )
    order by company_slot_unique_id, id desc
) as latest
where transition <> 'removed'
order by company_unique_id, slot_type

-- name: changes_of_run
-- Seats that the tasks of an Airflow run filled, reopened or closed (:transition), with names, for the person who
-- started it. The title is the holder's best one at the company; :seats are all seats, in the order of the ranks.
select
    changed.company_unique_id,
    c.id as company_id,
    c.name as company,
    changed.slot_type,
    p.full_name,
    coalesce(held.role_title, p.current_title) as title,
    held.observed_on,
    changed.enrichment_attempts,
    count(*) over () as total
from (
    select distinct on (t.company_slot_unique_id) t.*
    from slot_transitions as t
    join task_attempts as a on a.id = t.written_by
    where a.dag_id = :dag_id and a.run_id = :run_id and t.transition <> 'requested'
    order by t.company_slot_unique_id, t.id desc
) as changed
left join companies as c on c.company_unique_id = changed.company_unique_id
left join persons as p on p.person_unique_id = changed.person_unique_id
left join lateral (
    select r.role_title, r.observed_on
    from company_person_roles as r
    left join title_seats as seat on seat.title = left(r.role_title, 300)
    where r.company_id = c.id and r.person_id = p.id and r.is_current
    order by
        (array[seat.ceo_rank, seat.cfo_rank, seat.hr_rank])[array_position(cast(:seats as text[]), changed.slot_type)]
            nulls last,
        r.observed_on desc nulls last,
        r.id
    limit 1
) as held on true
where changed.transition = :transition
order by c.name, changed.slot_type
limit :limit
