-- What each research in :rows, a JSON array in chronological order, means for the table of :kind: a new row, newer or the
-- same research, older research. Reads only. Of several about the same row only the first is judged, unless :every says
-- all. :force makes the last of them newer than what is stored, whatever its age. :is_replay: of the same age, what was
-- replaced before stays replaced; else the last one wins.
with given as materialized (
    select
        r.*,
        about_key,
        r.fields ->> 'person_linkedin_url' as profile,
        r.fields - array['parallel_run_id', 'processor'] as described,
        jsonb_strip_nulls(jsonb_build_object(
            'parallel_run_id', r.fields ->> 'parallel_run_id', 'processor', r.fields ->> 'processor'
        )) as origin,
        case :kind when 'company' then r.key[2] when 'person' then r.key[3] end as client,
        row_number() over about as turn,
        lead(ordinal) over (
            partition by org_id, about_key, r.fields ->> 'person_linkedin_url' order by ordinal
        ) is null as is_last
    from json_to_recordset(cast(:rows as json)) as r (
        ordinal integer, org_id uuid, key text[], fields jsonb, source_submission_id uuid, source_pipeline_run_id uuid,
        researched_at timestamptz, step_result_id uuid, path text, raw jsonb
    )
    cross join lateral (
        select array[text_key(r.key[1]), text_key(r.key[2]), text_key(r.key[3])] as about_key
    ) as normalised
    window about as (partition by org_id, about_key order by ordinal)
)
select
    g.ordinal,
    b.id as briefing_id,
    case
        when b.id is null then 'insert'
        when v.replaces and (a.researched_at <> b.researched_at or r.research <> b.raw_parallel_output)
             or (m.fields, m.origin, m.source_submission_id, m.source_pipeline_run_id)
                is distinct from (b.fields, b.origin, b.source_submission_id, b.source_pipeline_run_id)
             or v.replaces and g.client <> b.client_company_name
            then 'update'
        else 'unchanged'
    end as verdict,
    v.replaces,
    -- The history gets what comes late, and when the row's research was first found if a later one says the same.
    not v.replaces and not v.is_known and not v.is_current as is_late,
    v.replaces and a.researched_at <> b.researched_at and r.research = b.raw_parallel_output as is_repeated,
    v.replaces and a.researched_at = b.researched_at as keeps_its_date,
    b.researched_at as stored_researched_at,
    a.researched_at,
    m.fields || m.origin as fields,
    m.source_submission_id,
    m.source_pipeline_run_id
from given as g
-- Row by row, by key: without statistics the planner would rather read whole tables.
left join lateral (
    select
        id, raw_parallel_output, researched_at, source_submission_id, source_pipeline_run_id, client_company_name,
        jsonb_strip_nulls(jsonb_build_object(
            'company_name', company_name, 'client_company_description', client_company_description
        )) as fields,
        jsonb_strip_nulls(jsonb_build_object('parallel_run_id', parallel_run_id, 'processor', processor)) as origin
    from company_intel_briefings
    where :kind = 'company'
      and org_id = g.org_id
      and company_domain = g.about_key[1]
      and text_key(client_company_name) is not distinct from g.about_key[2]
    union all
    select
        id, raw_parallel_output, researched_at, source_submission_id, source_pipeline_run_id, client_company_name,
        jsonb_strip_nulls(jsonb_build_object(
            'person_linkedin_url', person_linkedin_url, 'person_current_job_title', person_current_job_title,
            'client_company_description', client_company_description, 'customer_company_name', customer_company_name
        )),
        jsonb_strip_nulls(jsonb_build_object('parallel_run_id', parallel_run_id, 'processor', processor))
    from person_intel_briefings
    where :kind = 'person'
      and id = (
          -- Namesakes with different profiles have a row each. Without a profile, research is of the row it is known
          -- of, else of the only namesake: else nobody can tell, and it gets the row that has no profile either.
          select n.id
          from (
              select id, person_linkedin_url, raw_parallel_output, count(*) over () = 1 as is_only
              from person_intel_briefings
              where org_id = g.org_id
                and text_key(person_full_name) = g.about_key[1]
                and text_key(person_current_company_name) is not distinct from g.about_key[2]
                and text_key(client_company_name) is not distinct from g.about_key[3]
          ) as n
          cross join lateral (
              select
                  g.profile is null
                  and not n.is_only
                  and coalesce(
                      g.raw,
                      (select output_payload #> cast(g.path as text[]) from step_results where id = g.step_result_id)
                  ) in (
                      select n.raw_parallel_output
                      union all
                      select h.record -> 'raw_parallel_output'
                      from person_intel_briefings_history as h
                      where h.briefing_id = n.id
                  ) as is_known
              offset 0
          ) as k
          where k.is_known
             or n.person_linkedin_url is not distinct from g.profile
             or (n.is_only and (g.profile is null or n.person_linkedin_url is null))
          order by k.is_known desc, n.id
          limit 1
      )
    union all
    select
        id, raw_parallel_output, researched_at, source_submission_id, source_pipeline_run_id, null,
        jsonb_strip_nulls(jsonb_build_object(
            'company_name', company_name, 'company_description', company_description
        )),
        jsonb_strip_nulls(jsonb_build_object('parallel_run_id', parallel_run_id, 'processor', processor))
    from icp_job_titles
    where :kind = 'icp_job_titles' and org_id = g.org_id and company_domain = g.about_key[1]
    offset 0
) as b on true
left join step_results as s on s.id = g.step_result_id
-- The research itself is large: it is read where there is some to compare it with.
left join lateral (
    select coalesce(g.raw, s.output_payload #> cast(g.path as text[])) as research
    where b.id is not null
    offset 0
) as r on true
-- One deep research answers all of a submission that ask the same: what the others bring is no newer than the first.
cross join lateral (
    select coalesce(
        g.source_pipeline_run_id <> b.source_pipeline_run_id
        and g.origin ->> 'parallel_run_id' = b.origin ->> 'parallel_run_id'
        and r.research = b.raw_parallel_output,
        false
    ) as is_twin
    offset 0
) as t
cross join lateral (
    select
        case
            when b.id is null or g.researched_at is null or (g.is_last and cast(:force as boolean)) then 1
            when t.is_twin then -1
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
-- Without a date, what says the same is the same research, and what does not is of now.
cross join lateral (
    select coalesce(
        g.researched_at, case when r.research = b.raw_parallel_output then b.researched_at else clock_timestamp() end
    ) as researched_at
    offset 0
) as a
cross join lateral (
    select
        c.newer < 1 and (t.is_twin or a.researched_at = b.researched_at and r.research = b.raw_parallel_output) as is_current,
        c.newer < 1 and exists (
            select
            from (
                select briefing_id, digest from company_intel_briefings_history where :kind = 'company'
                union all
                select briefing_id, digest from person_intel_briefings_history where :kind = 'person'
                union all
                select briefing_id, digest from icp_job_titles_history where :kind = 'icp_job_titles'
            ) as h
            where h.briefing_id = b.id and h.digest = briefing_digest(r.research, a.researched_at)
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
-- What describes the company or person fills the gaps, in either direction. Where the research comes from belongs to
-- the research: of two that say the same, one fills the gaps of the other unless they are known to be different runs.
cross join lateral (
    select
        r.research = b.raw_parallel_output
        and coalesce(g.origin ->> 'parallel_run_id' = b.origin ->> 'parallel_run_id', true)
        and coalesce(g.source_submission_id = b.source_submission_id, true)
        and coalesce(g.source_pipeline_run_id = b.source_pipeline_run_id, true) as is_same
    offset 0
) as o
cross join lateral (
    select
        case when v.replaces then coalesce(b.fields, '{}') || g.described else g.described || b.fields end as fields,
        case
            when v.replaces and o.is_same then b.origin || g.origin
            when v.replaces then g.origin
            when o.is_same then g.origin || b.origin
            else b.origin
        end as origin,
        case
            when o.is_same then coalesce(b.source_submission_id, g.source_submission_id)
            when v.replaces then g.source_submission_id
            else b.source_submission_id
        end as source_submission_id,
        case
            when o.is_same then coalesce(b.source_pipeline_run_id, g.source_pipeline_run_id)
            when v.replaces then g.source_pipeline_run_id
            else b.source_pipeline_run_id
        end as source_pipeline_run_id
    offset 0
) as m
where g.turn = 1 or cast(:every as boolean)
order by g.ordinal
