-- Loads what was planned, table by table. :rows is a JSON array of rows to insert, to update (with all fields as they are
-- from now on), and to keep in the history only (record is what differs there from the row). What is replaced is kept by
-- the tables' triggers.

-- name: load_company
-- Inserts, updates and history of company_intel_briefings.
with planned as materialized (
    select p.*, f.*
    from json_to_recordset(cast(:rows as json)) as p (
        action text, replaces boolean, briefing_id uuid, org_id uuid, fields jsonb, record jsonb,
        source_submission_id uuid, source_pipeline_run_id uuid, researched_at timestamptz, step_result_id uuid,
        path text, raw jsonb
    )
    cross join lateral jsonb_to_record(p.fields) as f (
        company_domain text, client_company_name text, company_name text, client_company_description text,
        parallel_run_id text, processor text
    )
),
-- Read where it is needed, and only there: it is large.
researched as not materialized (
    select p.*, coalesce(p.raw, s.output_payload #> cast(p.path as text[])) as research
    from planned as p
    left join step_results as s on s.id = p.step_result_id
),
inserted as (
    insert into company_intel_briefings (
        org_id, company_domain, client_company_name, company_name, client_company_description, parallel_run_id,
        processor, source_submission_id, source_pipeline_run_id, researched_at, raw_parallel_output
    )
    select
        org_id, company_domain, client_company_name, company_name, client_company_description, parallel_run_id,
        processor, source_submission_id, source_pipeline_run_id, researched_at, research
    from researched
    where action = 'insert'
    returning id
),
updated as (
    update company_intel_briefings as b
    set raw_parallel_output = case when r.replaces then r.research else b.raw_parallel_output end,
        researched_at = case when r.replaces then r.researched_at else b.researched_at end,
        company_name = r.company_name,
        client_company_name = case when r.replaces then r.client_company_name else b.client_company_name end,
        client_company_description = r.client_company_description,
        parallel_run_id = r.parallel_run_id,
        processor = r.processor,
        source_submission_id = r.source_submission_id,
        source_pipeline_run_id = r.source_pipeline_run_id,
        written_by = default
    from researched as r
    where b.id = r.briefing_id and r.action = 'update'
    returning b.id
),
kept as (
    insert into company_intel_briefings_history (briefing_id, org_id, record, researched_at, digest)
    select
        b.id,
        b.org_id,
        to_jsonb(b) || r.record
            || jsonb_build_object('raw_parallel_output', r.research, 'researched_at', r.researched_at),
        r.researched_at,
        briefing_digest(r.research, r.researched_at)
    from researched as r
    join company_intel_briefings as b on b.id = r.briefing_id
    where r.action = 'keep'
    on conflict (briefing_id, digest) do nothing
)
select id from inserted
union all
select id from updated

-- name: load_person
-- Inserts, updates and history of person_intel_briefings.
with planned as materialized (
    select p.*, f.*
    from json_to_recordset(cast(:rows as json)) as p (
        action text, replaces boolean, briefing_id uuid, org_id uuid, fields jsonb, record jsonb,
        source_submission_id uuid, source_pipeline_run_id uuid, researched_at timestamptz, step_result_id uuid,
        path text, raw jsonb
    )
    cross join lateral jsonb_to_record(p.fields) as f (
        person_full_name text, person_current_company_name text, client_company_name text, person_linkedin_url text,
        person_current_job_title text, client_company_description text, customer_company_name text, parallel_run_id
        text, processor text
    )
),
-- Read where it is needed, and only there: it is large.
researched as not materialized (
    select p.*, coalesce(p.raw, s.output_payload #> cast(p.path as text[])) as research
    from planned as p
    left join step_results as s on s.id = p.step_result_id
),
inserted as (
    insert into person_intel_briefings (
        org_id, person_full_name, person_current_company_name, client_company_name, person_linkedin_url,
        person_current_job_title, client_company_description, customer_company_name, parallel_run_id, processor,
        source_submission_id, source_pipeline_run_id, researched_at, raw_parallel_output
    )
    select
        org_id, person_full_name, person_current_company_name, client_company_name, person_linkedin_url,
        person_current_job_title, client_company_description, customer_company_name, parallel_run_id, processor,
        source_submission_id, source_pipeline_run_id, researched_at, research
    from researched
    where action = 'insert'
    returning id
),
updated as (
    update person_intel_briefings as b
    set raw_parallel_output = case when r.replaces then r.research else b.raw_parallel_output end,
        researched_at = case when r.replaces then r.researched_at else b.researched_at end,
        person_linkedin_url = r.person_linkedin_url,
        person_current_job_title = r.person_current_job_title,
        client_company_name = case when r.replaces then r.client_company_name else b.client_company_name end,
        client_company_description = r.client_company_description,
        customer_company_name = r.customer_company_name,
        parallel_run_id = r.parallel_run_id,
        processor = r.processor,
        source_submission_id = r.source_submission_id,
        source_pipeline_run_id = r.source_pipeline_run_id,
        written_by = default
    from researched as r
    where b.id = r.briefing_id and r.action = 'update'
    returning b.id
),
kept as (
    insert into person_intel_briefings_history (briefing_id, org_id, record, researched_at, digest)
    select
        b.id,
        b.org_id,
        to_jsonb(b) || r.record
            || jsonb_build_object('raw_parallel_output', r.research, 'researched_at', r.researched_at),
        r.researched_at,
        briefing_digest(r.research, r.researched_at)
    from researched as r
    join person_intel_briefings as b on b.id = r.briefing_id
    where r.action = 'keep'
    on conflict (briefing_id, digest) do nothing
)
select id from inserted
union all
select id from updated

-- name: load_icp_job_titles
-- Inserts, updates and history of icp_job_titles.
with planned as materialized (
    select p.*, f.*
    from json_to_recordset(cast(:rows as json)) as p (
        action text, replaces boolean, briefing_id uuid, org_id uuid, fields jsonb, record jsonb,
        source_submission_id uuid, source_pipeline_run_id uuid, researched_at timestamptz, step_result_id uuid,
        path text, raw jsonb
    )
    cross join lateral jsonb_to_record(p.fields) as f (
        company_domain text, company_name text, company_description text, parallel_run_id text, processor text
    )
),
-- Read where it is needed, and only there: it is large.
researched as not materialized (
    select p.*, coalesce(p.raw, s.output_payload #> cast(p.path as text[])) as research
    from planned as p
    left join step_results as s on s.id = p.step_result_id
),
inserted as (
    insert into icp_job_titles (
        org_id, company_domain, company_name, company_description, parallel_run_id, processor, source_submission_id,
        source_pipeline_run_id, researched_at, raw_parallel_output
    )
    select
        org_id, company_domain, company_name, company_description, parallel_run_id, processor, source_submission_id,
        source_pipeline_run_id, researched_at, research
    from researched
    where action = 'insert'
    returning id
),
updated as (
    update icp_job_titles as b
    set raw_parallel_output = case when r.replaces then r.research else b.raw_parallel_output end,
        researched_at = case when r.replaces then r.researched_at else b.researched_at end,
        company_name = r.company_name,
        company_description = r.company_description,
        parallel_run_id = r.parallel_run_id,
        processor = r.processor,
        source_submission_id = r.source_submission_id,
        source_pipeline_run_id = r.source_pipeline_run_id,
        written_by = default
    from researched as r
    where b.id = r.briefing_id and r.action = 'update'
    returning b.id
),
kept as (
    insert into icp_job_titles_history (briefing_id, org_id, record, researched_at, digest)
    select
        b.id,
        b.org_id,
        to_jsonb(b) || r.record
            || jsonb_build_object('raw_parallel_output', r.research, 'researched_at', r.researched_at),
        r.researched_at,
        briefing_digest(r.research, r.researched_at)
    from researched as r
    join icp_job_titles as b on b.id = r.briefing_id
    where r.action = 'keep'
    on conflict (briefing_id, digest) do nothing
)
select id from inserted
union all
select id from updated

-- name: redate_company
-- Research that replaced one of the same moment keeps that moment: the table's trigger has given it a new one.
update company_intel_briefings as b
set researched_at = r.researched_at, written_by = default
from json_to_recordset(cast(:rows as json)) as r (briefing_id uuid, researched_at timestamptz)
where b.id = r.briefing_id and b.researched_at <> r.researched_at

-- name: redate_person
-- Research that replaced one of the same moment keeps that moment: the table's trigger has given it a new one.
update person_intel_briefings as b
set researched_at = r.researched_at, written_by = default
from json_to_recordset(cast(:rows as json)) as r (briefing_id uuid, researched_at timestamptz)
where b.id = r.briefing_id and b.researched_at <> r.researched_at

-- name: redate_icp_job_titles
-- Research that replaced one of the same moment keeps that moment: the table's trigger has given it a new one.
update icp_job_titles as b
set researched_at = r.researched_at, written_by = default
from json_to_recordset(cast(:rows as json)) as r (briefing_id uuid, researched_at timestamptz)
where b.id = r.briefing_id and b.researched_at <> r.researched_at
