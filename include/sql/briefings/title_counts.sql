-- How many companies' research names each title, and how often as which buyer role; the most frequent spelling stands
-- for the title.
select
    mode() within group (order by title) as title,
    title_normalized,
    count(distinct company_domain) as companies,
    count(*) filter (where buyer_role = 'decision_maker') as decision_maker,
    count(*) filter (where buyer_role = 'champion') as champion,
    count(*) filter (where buyer_role = 'evaluator') as evaluator,
    count(*) filter (where buyer_role is null) as unknown
from extracted_icp_job_title_details
where org_id = :org_id
  and (cast(:domains as text[]) is null or company_domain = any(cast(:domains as text[])))
group by title_normalized
order by companies desc, title_normalized
