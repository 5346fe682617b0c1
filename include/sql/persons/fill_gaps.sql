-- What was unknown is filled; a title is replaced by newer evidence only, so that two sources of one day never swap.
-- Rows are locked in id order: two transactions may reach the same persons by different keys.
with news as (
    select
        s.person_id as id,
        (array_agg(s.first_name order by s.ordinal) filter (where s.first_name is not null))[1] as first_name,
        (array_agg(s.last_name order by s.ordinal) filter (where s.last_name is not null))[1] as last_name,
        (array_agg(s.location_text order by s.ordinal) filter (where s.location_text is not null))[1] as location_text,
        (array_agg(s.bio order by s.ordinal) filter (where s.bio is not null))[1] as bio,
        (array_agg(s.title order by s.observed_on desc nulls last, s.ordinal) filter (where s.title is not null))[1]
            as title,
        (array_agg(s.seniority order by s.observed_on desc nulls last, s.ordinal)
            filter (where s.title is not null))[1] as seniority,
        max(s.observed_on) filter (where s.title is not null) as observed_on
    from staged_persons as s
    where not s.is_source
    group by s.person_id
),
judged as materialized (
    select news.*,
           news.title is not null
           and (p.current_title is null or news.observed_on > coalesce(p.title_observed_on, '-infinity'::date))
               as is_newer
    from news
    join persons as p on p.id = news.id
    where (
              news.title is not null
              and (p.current_title is null or news.observed_on > coalesce(p.title_observed_on, '-infinity'::date))
          )
       or (p.first_name is null and news.first_name is not null)
       or (p.last_name is null and news.last_name is not null)
       or (p.location_text is null and news.location_text is not null)
       or (p.bio is null and news.bio is not null)
    order by p.id
    for no key update of p
)
update persons as p
set first_name = coalesce(p.first_name, j.first_name),
    last_name = coalesce(p.last_name, j.last_name),
    location_text = coalesce(p.location_text, j.location_text),
    bio = coalesce(p.bio, j.bio),
    current_title = case when j.is_newer then j.title else p.current_title end,
    seniority = case when j.is_newer then j.seniority else p.seniority end,
    title_observed_on = case when j.is_newer then j.observed_on else p.title_observed_on end,
    updated_at = now(),
    written_by = default
from judged as j
where p.id = j.id
