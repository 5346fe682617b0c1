-- Stages :rows, a JSON array of objects.
insert into staged_persons (
    ordinal, wave, company_id, full_name, name_key, first_name, last_name, linkedin_url, email, email_is_identity, phone,
    phone_key, title, role_key, role_category, seniority, is_decision_maker, observed_on, location_text, bio
)
select
    ordinal, wave, company_id, full_name, name_key, first_name, last_name, linkedin_url, email, email_is_identity, phone,
    phone_key, title, role_key, role_category, seniority, is_decision_maker, observed_on, location_text, bio
from json_to_recordset(cast(:rows as json)) as r (
    ordinal integer, wave smallint, company_id bigint, full_name text, name_key text, first_name text, last_name text,
    linkedin_url text, email text, email_is_identity boolean, phone text, phone_key text, title text, role_key text,
    role_category text, seniority text, is_decision_maker boolean, observed_on date, location_text text, bio text
)
