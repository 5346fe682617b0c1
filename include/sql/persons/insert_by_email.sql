-- New persons without a LinkedIn URL but with a personal e-mail, one per address. The id is drawn first, because
-- the e-mail that tells the new rows apart lives in another table.
with first as materialized (
    select distinct on (email) *, nextval(pg_get_serial_sequence('persons', 'id')) as new_id
    from staged_persons
    where person_id is null and email_is_identity
    order by email, ordinal
),
created as (
    insert into persons (id, full_name, name_key, first_name, last_name, current_title, seniority,
                         title_observed_on, location_text, bio, source_system)
    overriding system value
    select new_id, full_name, name_key, first_name, last_name, title, seniority, observed_on, location_text, bio,
           :source_system
    from first
    returning id
)
update staged_persons as s
set person_id = created.id, is_new = true, is_source = (s.ordinal = first.ordinal)
from created
join first on first.new_id = created.id
where s.email = first.email and s.person_id is null and s.email_is_identity
