-- One row of person_intel_briefings, whole.
select * from person_intel_briefings where id = :id
