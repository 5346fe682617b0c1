-- What is still to be created, by the identity that will tell the new rows apart.
select
    count(*) filter (where linkedin_url is not null) as by_linkedin,
    count(*) filter (where linkedin_url is null and email_is_identity) as by_email,
    count(*) as all_of_them
from staged_persons
where person_id is null
