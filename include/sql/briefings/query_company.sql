-- Rows of company_intel_briefings of an org, the latest created first, filtered where a filter is given: one page, and
-- how many there are in all. An empty page is one row that says nothing but that.
with matching as materialized (
    select b.id, b.created_at
    from company_intel_briefings as b
    where b.org_id = :org_id
      and (cast(:company_domain as text) is null or b.company_domain = :company_domain)
      and (
          cast(:client_company_name as text) is null
          or text_key(b.client_company_name) = text_key(:client_company_name)
      )
),
page as (
    select id
    from matching
    order by created_at desc, id
    limit :limit offset :offset
)
select (select count(*) from matching) as total, b.*
from (values (1)) as one
left join (page join company_intel_briefings as b using (id)) on true
order by b.created_at desc, b.id
