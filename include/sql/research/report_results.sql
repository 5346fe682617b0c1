-- What research of a submission stands in the tables now, the latest first.
with results as (
    select 'company' as kind, company_domain as entity, company_name as name, client_company_name as client, processor,
        researched_at
    from company_intel_briefings
    where source_submission_id = :submission_id
    union all
    select 'person', person_full_name, person_current_company_name, client_company_name, processor, researched_at
    from person_intel_briefings
    where source_submission_id = :submission_id
    union all
    select 'icp_job_titles', company_domain, company_name, null, processor, researched_at
    from icp_job_titles
    where source_submission_id = :submission_id
)
select kind, entity, name, client, processor, researched_at, count(*) over () as total
from results
order by researched_at desc, kind, entity
limit :most
