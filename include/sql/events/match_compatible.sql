-- An event of that name that can be the same edition: no two different cities, and dates that do not contradict (one
-- unknown, equal first days, or a day within a month or year given only roughly). Of several editions the one known
-- longest, so that the same rough mention means the same edition tomorrow. Of several mentions that would make one
-- rough event precise in different ways, the most precise, then first, wins; the rest are events of their own.
with candidate as (
    select s.ordinal, min(e.id) as event_id
    from staged_events as s
    join events as e
        on e.name_key = s.name_key
        and (e.city_id = s.city_id or e.city_id is null or s.city_id is null)
        and (
            e.start_dt = s.start_dt
            or e.start_dt is null
            or s.start_dt is null
            or (s.date_precision <> 'day' and e.start_dt between s.start_dt and s.end_dt)
            or (e.date_precision <> 'day' and s.start_dt between e.start_dt and e.end_dt)
        )
    where s.event_id is null
    group by s.ordinal
),
judged as (
    select c.ordinal, c.event_id, s.start_dt, s.city_id,
           first_value(s.start_dt) over best as best_start,
           first_value(s.city_id) over best as best_city
    from candidate as c
    join staged_events as s using (ordinal)
    window best as (
        partition by c.event_id
        order by (s.date_precision = 'day') desc nulls last, (s.city_id is not null) desc,
                 (s.start_dt is not null) desc, s.ordinal
    )
)
update staged_events as s
set event_id = judged.event_id
from judged
where s.ordinal = judged.ordinal
  and s.event_id is null
  and judged.start_dt is not distinct from judged.best_start
  and judged.city_id is not distinct from judged.best_city
