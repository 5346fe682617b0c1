-- Finding out whose contacts may go along to another company, from what roles say about moves (found_moves).

-- name: choose_moves
-- Leaves one move from each role: to a job before a seat beside one, clear ones before others, the newest. Roles that
-- ended otherwise are left out, and those that a confirmed change has ended already.
with left_before as materialized (
    select w.role_id, max(j.observed_on) as left_on
    from weighed_roles as w
    join weighed_roles as l on l.person_id = w.person_id and l.company_id = w.company_id
    join job_changes as j on j.from_role_id = l.role_id and j.status = 'confirmed'
    group by w.role_id
)
delete from found_moves as f
using (
    select m.ctid,
           row_number() over (
               partition by m.from_role_id
               order by m.reason is not distinct from 'side_seat', m.reason is not null, m.observed_on desc,
                        new.is_current desc, m.to_role_id
           ) as place,
           (old.is_current or old.ended_because in ('newer_role_elsewhere', 'successor'))
           and coalesce(old.observed_on >= l.left_on, true) as is_open
    from found_moves as m
    join company_person_roles as old on old.id = m.from_role_id
    join company_person_roles as new on new.id = m.to_role_id
    left join left_before as l on l.role_id = m.from_role_id
) as ranked
where ranked.ctid = f.ctid and (ranked.place > 1 or not ranked.is_open)

-- name: withdraw_changes
-- Takes back proposals that newer evidence has made pointless, and those about a role that is over.
delete from job_changes as j
where j.status = 'proposed'
  and not exists (
      select from found_moves as f where f.from_role_id = j.from_role_id and f.to_role_id = j.to_role_id
  )

-- name: propose_changes
-- Stores what was found; what is decided stays as it was decided.
insert into job_changes as known (person_id, from_role_id, to_role_id, observed_on, reason)
select person_id, from_role_id, to_role_id, observed_on, reason
from found_moves
order by from_role_id, to_role_id
on conflict (from_role_id, to_role_id) do update
set person_id = excluded.person_id,
    observed_on = excluded.observed_on,
    reason = excluded.reason,
    updated_at = now(),
    written_by = excluded.written_by
where known.status = 'proposed'
  and (known.person_id, known.observed_on, known.reason)
      is distinct from (excluded.person_id, excluded.observed_on, excluded.reason)
