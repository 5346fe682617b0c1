-- New persons known by name at a company only, one per name key and company.
with first as materialized (
    select *, nextval(pg_get_serial_sequence('persons', 'id')) as new_id
    from (
        select distinct on (company_id, name_key) *
        from staged_persons
        where wave = 3 and person_id is null
        order by company_id, name_key, ordinal
    ) as named
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
where s.wave = 3 and s.company_id = first.company_id and s.name_key = first.name_key and s.person_id is null
