-- Where every staged person lives now.
select ordinal, person_id, is_new from staged_persons
