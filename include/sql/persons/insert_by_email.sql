-- New persons without a LinkedIn URL but with a personal e-mail, one per address. Namesakes at one company come one
-- after the other: the second may be the first one with another address. The id is drawn first, because the e-mail
-- that tells the new rows apart lives in another table.
with first as materialized (
    select *, nextval(pg_get_serial_sequence('persons', 'id')) as new_id
    from (
        select
            *,
            row_number() over (partition by email order by ordinal) as turn_for_email,
            row_number() over (partition by company_id, name_key order by ordinal) as turn_for_name
        from staged_persons
        where wave = 2 and person_id is null
    ) as turns
    where turn_for_email = 1 and (turn_for_name = 1 or company_id is null)
    order by ordinal
),
created as (
    insert into persons (id, full_name, name_key, first_name, last_name, current_title, seniority,
                         title_observed_on, location_text, bio, source_system)
    overriding system value
    select new_id, full_name, name_key, first_name, last_name, title, seniority, observed_on, location_text, bio,
           :source_system
    from first
)
update staged_persons as s
set person_id = first.new_id, is_new = true, is_source = (s.ordinal = first.ordinal)
from first
where s.wave = 2 and s.email = first.email and s.person_id is null
