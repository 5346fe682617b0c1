-- Who holds a role now: what follows from all evidence together, in whichever order it came.

-- name: find_moves
-- For every role that is a job: all newer ones elsewhere, each with the reason why a person has to decide about it. A
-- role that nobody has changed to, as somebody said who dismissed it, is held beside others.
insert into found_moves (person_id, from_role_id, to_role_id, observed_on, reason)
with role as materialized (
    select w.*, coalesce(t.is_side_seat, false) as is_side_seat, coalesce(t.is_past, false) as is_past
    from weighed_roles as w
    left join weighed_titles as t using (title)
    where w.observed_on is not null
),
pair as materialized (
    select left_role.role_id as from_role_id, new.*
    from role as left_role
    join role as new
        on new.person_id = left_role.person_id
       and new.company_id <> left_role.company_id
       and new.observed_on > left_role.observed_on
    where not left_role.is_side_seat
      and not new.is_past
      and not exists (select from job_changes as j where j.to_role_id = new.role_id and j.status = 'dismissed')
),
several as (
    select from_role_id, observed_on
    from pair
    where not is_side_seat
    group by from_role_id, observed_on
    having min(company_id) < max(company_id)
)
select pair.person_id, pair.from_role_id, pair.role_id, pair.observed_on,
       case
           when pair.is_side_seat then 'side_seat'
           when pair.title is null then 'no_title'
           when several.from_role_id is not null then 'several_companies'
           when not pair.is_identified then 'no_profile'
       end
from pair
left join several on several.from_role_id = pair.from_role_id and several.observed_on = pair.observed_on

-- name: settle_roles
-- Ends, doubts and revives roles; docs/decisions/0039 has the rules. Returns how many changed.
with role as materialized (
    select w.*, t.kind, t.precedence, coalesce(t.offices, '{}') as offices,
           coalesce(t.is_side_seat, false) as is_side_seat, coalesce(t.is_past, false) as is_past
    from weighed_roles as w
    left join weighed_titles as t using (title)
),
-- Another title at the same company since. One of a seat beside a job says nothing certain of the job, nor the job of
-- the seat.
retitled as (
    select r.role_id,
           min(n.observed_on) filter (
               where r.is_side_seat = n.is_side_seat or r.title is null or n.is_past
           ) as ended_on,
           bool_or(n.is_side_seat and not r.is_side_seat) as is_doubted
    from role as r
    join role as n
        on n.person_id = r.person_id and n.company_id = r.company_id and n.observed_on > r.observed_on
    -- The same title is the same role, as which a company that was merged has it.
    where r.is_target and n.title is not null and lower(n.title) is distinct from lower(r.title)
    group by r.role_id
),
-- Another title for the same, of one day.
renamed as (
    select distinct r.role_id, r.observed_on as ended_on
    from role as r
    join role as n
        on n.person_id = r.person_id
       and n.company_id = r.company_id
       and n.observed_on = r.observed_on
       and n.kind = r.kind
       and lower(n.title) <> lower(r.title)
       and (n.precedence collate "C", n.role_id) < (r.precedence collate "C", r.role_id)
    where r.is_target
),
moved as (
    select from_role_id as role_id,
           min(observed_on) filter (where reason is null) as ended_on,
           bool_or(reason in ('no_title', 'several_companies', 'no_profile')) as is_doubted
    from found_moves
    group by from_role_id
),
-- What a person decided, also of what the roles themselves do not say: roles of an unknown day. Between companies that
-- turned out to be one nobody has moved.
decided as (
    select r.role_id, max(j.observed_on) as ended_on
    from role as l
    join job_changes as j on j.from_role_id = l.role_id and j.status = 'confirmed'
    left join role as n on n.role_id = j.to_role_id
    join role as r on r.person_id = l.person_id and r.company_id = l.company_id
    where n.company_id is distinct from l.company_id and r.is_target and not r.is_side_seat and (r.observed_on is null or r.observed_on < j.observed_on)
    group by r.role_id
),
-- The days on which somebody held an office: roles are compared with these, not with each other, of which a large
-- company has too many.
office_days as materialized (
    select r.company_id, office.name, r.observed_on, min(r.person_id) as first_id, max(r.person_id) as last_id
    from role as r
    cross join lateral unnest(r.offices) as office (name)
    where r.observed_on is not null
    group by r.company_id, office.name, r.observed_on
),
-- The next holder of each office that a role names.
followed as (
    select r.role_id, office.name,
           min(d.observed_on) filter (where d.observed_on >= r.observed_on + cast(:clearly_newer_days as integer))
               as ended_on
    from role as r
    cross join lateral unnest(r.offices) as office (name)
    join office_days as d
        on d.company_id = r.company_id
       and d.name = office.name
       and d.observed_on > r.observed_on
       and (d.first_id <> r.person_id or d.last_id <> r.person_id)
    where r.is_target
    group by r.role_id, office.name
),
succeeded as (
    select f.role_id,
           case when count(f.ended_on) = max(cardinality(r.offices)) then max(f.ended_on) end as ended_on
    from followed as f
    join role as r using (role_id)
    group by f.role_id
),
settled as (
    select r.role_id, r.observed_on, ending.because, ending.ended_on,
           ending.because is null
           and (
               coalesce(retitled.is_doubted, false) or coalesce(moved.is_doubted, false)
               or succeeded.role_id is not null
           ) as is_doubted
    from role as r
    left join retitled using (role_id)
    left join renamed using (role_id)
    left join moved using (role_id)
    left join decided using (role_id)
    left join succeeded using (role_id)
    left join lateral (
        select because, ended_on
        from (
            values
                (1, 'newer_title', retitled.ended_on),
                (2, 'same_role', renamed.ended_on),
                (3, 'newer_role_elsewhere', moved.ended_on),
                (4, 'job_change', decided.ended_on),
                (5, 'successor', succeeded.ended_on)
        ) as cause (place, because, ended_on)
        where ended_on is not null
        order by ended_on, place
        limit 1
    ) as ending on true
    where r.is_target and r.is_open
),
news as materialized (
    select r.id, s.because, s.ended_on, s.is_doubted
    from settled as s
    join company_person_roles as r on r.id = s.role_id
    where (r.is_current, r.ended_on, r.ended_because, r.is_doubted)
              is distinct from (s.because is null, s.ended_on, s.because, s.is_doubted)
      -- Newer evidence that came meanwhile is settled by whoever brought it.
      and r.observed_on is not distinct from s.observed_on
    order by r.id
    for no key update of r
)
update company_person_roles as r
set is_current = news.because is null,
    ended_on = news.ended_on,
    ended_because = news.because,
    is_doubted = news.is_doubted,
    updated_at = now(),
    written_by = default
from news
where r.id = news.id
