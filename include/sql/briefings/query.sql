-- Asking for briefings: which rows of a table match, and the rows themselves.

-- name: find_page
-- Ids of an org's briefings of :kind, the latest created first, filtered where a filter is given: one page, and how many
-- there are in all. An empty page is one row that says nothing but that.
with matching as materialized (
    select id, created_at
    from company_intel_briefings
    where :kind = 'company'
      and org_id = :org_id
      and (cast(:company_domain as text) is null or company_domain = :company_domain)
      and (
          cast(:client_company_name as text) is null
          or text_key(client_company_name) = text_key(:client_company_name)
      )
    union all
    select id, created_at
    from person_intel_briefings
    where :kind = 'person'
      and org_id = :org_id
      and (cast(:person_linkedin_url as text) is null or person_linkedin_url = :person_linkedin_url)
      and (
          cast(:person_current_company_name as text) is null
          or text_key(person_current_company_name) = text_key(:person_current_company_name)
      )
      and (
          cast(:client_company_name as text) is null
          or text_key(client_company_name) = text_key(:client_company_name)
      )
    union all
    select id, created_at
    from icp_job_titles
    where :kind = 'icp_job_titles'
      and org_id = :org_id
      and (cast(:company_domain as text) is null or company_domain = :company_domain)
),
page as (
    select id, created_at
    from matching
    order by created_at desc, id
    limit :limit offset :offset
)
select page.id, (select count(*) from matching) as total
from (values (1)) as one
left join page on true
order by page.created_at desc, page.id

-- name: rows_company
-- Rows of company_intel_briefings, whole.
select * from company_intel_briefings where id = any(cast(:ids as uuid[]))

-- name: rows_person
-- Rows of person_intel_briefings, whole.
select * from person_intel_briefings where id = any(cast(:ids as uuid[]))

-- name: rows_icp_job_titles
-- Rows of icp_job_titles, whole.
select * from icp_job_titles where id = any(cast(:ids as uuid[]))
