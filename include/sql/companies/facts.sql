-- What is known about companies, and what else they are called.

-- name: facts
-- What is known about companies (:ids, a JSON array).
select id, domain, name, name_key, website_url, linkedin_url, primary_industry, industry_is_guess, employee_range,
       description
from companies
where id in (select cast(value as bigint) from json_array_elements_text(cast(:ids as json)))

-- name: facts_to_change
-- The same, until the transaction ends. Rows are locked in id order: two transactions may reach the same companies by
-- different keys.
select id, domain, name, name_key, website_url, linkedin_url, primary_industry, industry_is_guess, employee_range,
       description
from companies
where id in (select cast(value as bigint) from json_array_elements_text(cast(:ids as json)))
order by id
for no key update

-- name: write_facts
-- Writes what is known now (:rows, a JSON array of objects). The domain is not touched here.
update companies as c
set name = r.name, name_key = r.name_key, website_url = r.website_url, linkedin_url = r.linkedin_url,
    primary_industry = r.primary_industry, industry_is_guess = coalesce(r.industry_is_guess, false),
    employee_range = r.employee_range, description = r.description, updated_at = now(), written_by = default
from json_to_recordset(cast(:rows as json)) as r (
    id bigint, name text, name_key text, website_url text, linkedin_url text, primary_industry text,
    industry_is_guess boolean, employee_range text, description text
)
where c.id = r.id

-- name: other_names
-- What else companies (:ids) are called.
select company_id, name_key, name from company_names where company_id = any (cast(:ids as bigint []))

-- name: add_names
-- Adds or corrects names (:rows, a JSON array of objects); the one that a company is shown by is none of them.
with named as (
    select company_id, name_key, name
    from json_to_recordset(cast(:rows as json)) as r (company_id bigint, name_key text, name text)
),
shown as (
    delete from company_names as n
    using companies as c
    where c.id = n.company_id and c.name_key = n.name_key and c.id in (select company_id from named)
)
insert into company_names as known (company_id, name_key, name)
select company_id, name_key, name from named
order by name_key, company_id
on conflict (name_key, company_id) do update set name = excluded.name, written_by = excluded.written_by

-- name: refresh_evidence
-- Undecided pairs show what their companies (:ids) are called now.
update merge_candidates as m
set evidence = m.evidence || jsonb_build_object(
    'names',
    case when m.evidence ? 'domains'
        then (
            select jsonb_agg(c.name order by c.domain)
            from (values (l.name, l.domain), (r.name, r.domain)) as c (name, domain)
        )
        else jsonb_build_array(least(l.name, r.name), greatest(l.name, r.name))
    end
)
from companies as l, companies as r
where m.entity_type = 'company'
  and m.status = 'open'
  and l.id = m.left_id
  and r.id = m.right_id
  and (m.left_id = any (cast(:ids as bigint [])) or m.right_id = any (cast(:ids as bigint [])))
