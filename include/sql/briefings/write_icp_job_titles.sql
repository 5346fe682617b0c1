-- Writes what was planned for icp_job_titles: :rows is a JSON array of rows to insert, to update, and to keep
-- in the history only. What is replaced the table's trigger keeps, unless the new research says the same.
with given as materialized (
    select *
    from json_to_recordset(cast(:rows as json)) as r (
        verdict text, replaces boolean, briefing_id uuid, step_result_id uuid, source text, raw jsonb, org_id uuid,
        researched_at timestamptz, company_domain text, company_name text, company_description text,
        parallel_run_id text, processor text, source_submission_id uuid, source_pipeline_run_id uuid
    )
),
-- Read where it is needed, and only there: it is large.
researched as not materialized (
    select
        g.*,
        case g.source
            when 'content' then
                s.output_payload #> '{operation_result,output,parallel_raw_response,output,content}'
            when 'response' then s.output_payload #> '{operation_result,output,parallel_raw_response}'
            else g.raw
        end as research
    from given as g
    left join step_results as s on s.id = g.step_result_id
),
inserted as (
    insert into icp_job_titles (
        org_id, company_domain, company_name, company_description, parallel_run_id, processor, raw_parallel_output,
        source_submission_id, source_pipeline_run_id, researched_at
    )
    select
        g.org_id, g.company_domain, g.company_name, g.company_description, g.parallel_run_id, g.processor, g.research,
        g.source_submission_id, g.source_pipeline_run_id, g.researched_at
    from researched as g
    where g.verdict = 'insert'
    returning id
),
updated as (
    update icp_job_titles as b
    set raw_parallel_output = case when g.replaces then g.research else b.raw_parallel_output end,
        researched_at = case when g.replaces then g.researched_at else b.researched_at end,
        company_name = g.company_name,
        company_description = g.company_description,
        parallel_run_id = g.parallel_run_id,
        processor = g.processor,
        source_submission_id = g.source_submission_id,
        source_pipeline_run_id = g.source_pipeline_run_id,
        written_by = default
    from researched as g
    where b.id = g.briefing_id and g.verdict = 'update'
    returning b.id
),
came_late as (
    insert into icp_job_titles_history (briefing_id, org_id, record, researched_at, digest)
    select
        b.id,
        b.org_id,
        to_jsonb(b) || jsonb_build_object(
            'raw_parallel_output', g.research, 'company_name', g.company_name,
            'company_description', g.company_description, 'parallel_run_id', g.parallel_run_id,
            'processor', g.processor, 'source_submission_id', g.source_submission_id,
            'source_pipeline_run_id', g.source_pipeline_run_id, 'researched_at', g.researched_at,
            'extracted_titles', null
        ),
        g.researched_at,
        briefing_digest(g.research, g.researched_at)
    from researched as g
    join icp_job_titles as b on b.id = g.briefing_id
    where g.verdict = 'keep'
    on conflict (briefing_id, digest) do nothing
),
said_the_same as (
    insert into icp_job_titles_history (briefing_id, org_id, record, researched_at, digest)
    select b.id, b.org_id, to_jsonb(b), b.researched_at, briefing_digest(b.raw_parallel_output, b.researched_at)
    from researched as g
    join icp_job_titles as b on b.id = g.briefing_id
    where g.verdict = 'update'
      and g.replaces
      and g.researched_at <> b.researched_at
      and g.research = b.raw_parallel_output
    on conflict (briefing_id, digest) do nothing
)
select id from inserted
union all
select id from updated
