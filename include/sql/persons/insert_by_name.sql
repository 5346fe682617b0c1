-- New persons known by name at a company only, one per name key and company.
with first as materialized (
    select distinct on (company_id, name_key) *, nextval(pg_get_serial_sequence('persons', 'id')) as new_id
    from staged_persons
    where person_id is null
    order by company_id, name_key, ordinal
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
where s.company_id = first.company_id and s.name_key = first.name_key and s.person_id is null
