-- What each research in :rows, a JSON array in chronological order, means for person_intel_briefings:
-- a new row, a newer or the same research, an older one. Reads only. Of several about the same row only the first is
-- judged, unless :every says all. :force makes the last of them newer than what is stored, whatever its age.
-- :is_replay: of the same age, what was replaced before stays replaced; else the last one wins.
with given as materialized (
    select
        *,
        text_key(person_full_name) as name_key,
        text_key(person_current_company_name) as company_key,
        text_key(client_company_name) as client_key,
        row_number() over about as turn,
        lead(ordinal) over about is null as is_last
    from json_to_recordset(cast(:rows as json)) as r (
        ordinal integer, step_result_id uuid, source text, raw jsonb, org_id uuid, researched_at timestamptz,
        person_full_name text, person_current_company_name text, client_company_name text, person_linkedin_url text,
        person_current_job_title text, client_company_description text, customer_company_name text,
        parallel_run_id text, processor text, source_submission_id uuid, source_pipeline_run_id uuid
    )
    window about as (
        partition by org_id, text_key(person_full_name),
                     text_key(person_current_company_name), text_key(client_company_name)
        order by ordinal
    )
)
select
    g.ordinal,
    b.id as briefing_id,
    case
        when b.id is null then 'insert'
        when v.replaces and (a.researched_at <> b.researched_at or r.raw <> b.raw_parallel_output)
             or (
                    m.person_linkedin_url, m.person_current_job_title, m.client_company_description,
                    m.customer_company_name, m.parallel_run_id, m.processor, m.source_submission_id,
                    m.source_pipeline_run_id
                ) is distinct from (
                    b.person_linkedin_url, b.person_current_job_title, b.client_company_description,
                    b.customer_company_name, b.parallel_run_id, b.processor, b.source_submission_id,
                    b.source_pipeline_run_id
                )
            then 'update'
        else 'unchanged'
    end as verdict,
    v.replaces,
    not v.replaces and not v.is_known and not v.is_current as keeps,
    b.id is not null and v.replaces and a.researched_at = b.researched_at as redates,
    a.researched_at,
    m.person_linkedin_url,
    m.person_current_job_title,
    m.client_company_description,
    m.customer_company_name,
    m.parallel_run_id,
    m.processor,
    m.source_submission_id,
    m.source_pipeline_run_id
from given as g
-- Row by row, by key: without statistics the planner would rather read whole tables.
left join lateral (
    select b.*
    from person_intel_briefings as b
    where b.org_id = g.org_id
      and text_key(b.person_full_name) = g.name_key
      and text_key(b.person_current_company_name) is not distinct from g.company_key
      and text_key(b.client_company_name) is not distinct from g.client_key
    offset 0
) as b on true
left join step_results as s on s.id = g.step_result_id
cross join lateral (
    select
        case
            when b.id is null or g.researched_at is null or (g.is_last and cast(:force as boolean)) then 1
            when g.researched_at > b.researched_at then 1
            when g.researched_at < b.researched_at then -1
            when g.source_pipeline_run_id is not distinct from b.source_pipeline_run_id then 0
            when coalesce(g.source_pipeline_run_id::text, '') collate "C"
                 > coalesce(b.source_pipeline_run_id::text, '') collate "C"
                then 1
            else -1
        end as newer
    offset 0
) as c
-- The research itself is large: it is read where age alone does not decide.
left join lateral (
    select case g.source
               when 'content' then
                   s.output_payload #> '{operation_result,output,parallel_raw_response,output,content}'
               when 'response' then s.output_payload #> '{operation_result,output,parallel_raw_response}'
               else g.raw
           end as raw
    where b.id is not null
      and (c.newer < 1 or g.researched_at is null or g.researched_at = b.researched_at)
    offset 0
) as r on true
-- Without a date, what says the same is the same research, and what does not is of now.
cross join lateral (
    select coalesce(
        g.researched_at, case when r.raw = b.raw_parallel_output then b.researched_at else clock_timestamp() end
    ) as researched_at
    offset 0
) as a
cross join lateral (
    select
        c.newer < 1 and a.researched_at = b.researched_at and r.raw = b.raw_parallel_output as is_current,
        c.newer < 1 and exists (
            select
            from person_intel_briefings_history as h
            where h.briefing_id = b.id and h.digest = briefing_digest(r.raw, a.researched_at)
        ) as is_known
    offset 0
) as k
cross join lateral (
    select
        c.newer = 1
            or (c.newer = 0 and (k.is_current or not (k.is_known and cast(:is_replay as boolean)))) as replaces,
        k.is_current,
        k.is_known
    offset 0
) as v
-- Where it comes from is a pair: a run is kept only with the submission it belongs to.
cross join lateral (
    select
        coalesce(
            case when v.replaces then g.person_linkedin_url end,
            b.person_linkedin_url, g.person_linkedin_url
        ) as person_linkedin_url,
        coalesce(
            case when v.replaces then g.person_current_job_title end,
            b.person_current_job_title, g.person_current_job_title
        ) as person_current_job_title,
        coalesce(
            case when v.replaces then g.client_company_description end,
            b.client_company_description, g.client_company_description
        ) as client_company_description,
        coalesce(
            case when v.replaces then g.customer_company_name end,
            b.customer_company_name, g.customer_company_name
        ) as customer_company_name,
        coalesce(
            case when v.replaces then g.parallel_run_id end,
            b.parallel_run_id, g.parallel_run_id
        ) as parallel_run_id,
        coalesce(case when v.replaces then g.processor end, b.processor, g.processor) as processor,
        case
            when v.replaces then coalesce(g.source_submission_id, b.source_submission_id)
            when b.source_pipeline_run_id is null then coalesce(b.source_submission_id, g.source_submission_id)
            else b.source_submission_id
        end as source_submission_id,
        case
            when v.replaces and g.source_pipeline_run_id is not null then g.source_pipeline_run_id
            when v.replaces and g.source_submission_id is not null then (
                select p.id
                from pipeline_runs as p
                where p.id = b.source_pipeline_run_id and p.submission_id = g.source_submission_id
            )
            when not v.replaces
                 and b.source_pipeline_run_id is null
                 and coalesce(b.source_submission_id, g.source_submission_id) = g.source_submission_id
                then g.source_pipeline_run_id
            else b.source_pipeline_run_id
        end as source_pipeline_run_id
    offset 0
) as m
where g.turn = 1 or cast(:every as boolean)
order by g.ordinal
