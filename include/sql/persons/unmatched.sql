-- How many mentions of this wave are still nobody.
select count(*) from staged_persons where wave = :wave and person_id is null
