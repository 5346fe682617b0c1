-- How many briefings of a kind the tasks of an Airflow run have written, be it as the current one or into the history.
with attempt as materialized (
    select id from task_attempts where dag_id = :dag_id and run_id = :run_id
)
select count(distinct written.id)
from (
    select id from company_intel_briefings
    where :kind = 'company' and written_by in (select id from attempt)
    union all
    select briefing_id from company_intel_briefings_history
    where :kind = 'company' and written_by in (select id from attempt)
    union all
    select id from person_intel_briefings
    where :kind = 'person' and written_by in (select id from attempt)
    union all
    select briefing_id from person_intel_briefings_history
    where :kind = 'person' and written_by in (select id from attempt)
    union all
    select id from icp_job_titles
    where :kind = 'icp_job_titles' and written_by in (select id from attempt)
    union all
    select briefing_id from icp_job_titles_history
    where :kind = 'icp_job_titles' and written_by in (select id from attempt)
) as written
