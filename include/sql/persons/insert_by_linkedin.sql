-- New persons with a LinkedIn URL, one per URL, in the order they were named.
with first as materialized (
    select distinct on (linkedin_url) *
    from staged_persons
    where wave = 1 and person_id is null
    order by linkedin_url, ordinal
),
created as (
    insert into persons (full_name, name_key, first_name, last_name, linkedin_url, current_title, seniority,
                         title_observed_on, location_text, bio, source_system)
    select full_name, name_key, first_name, last_name, linkedin_url, title, seniority, observed_on, location_text, bio,
           :source_system
    from first
    order by ordinal
    returning id, linkedin_url
)
update staged_persons as s
set person_id = created.id, is_new = true, is_source = (s.ordinal = first.ordinal)
from created
join first using (linkedin_url)
where s.linkedin_url = created.linkedin_url and s.person_id is null
