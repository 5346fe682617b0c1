-- The single job titles of icp_job_titles.

-- name: sync_titles
-- Makes the single titles follow the research they were read from: :rows is a JSON array with a row per briefing, its
-- titles in order. Unchanged titles are not touched.
with briefing as materialized (
    select b.id, b.org_id, b.company_domain, b.company_name, r.titles
    from json_to_recordset(cast(:rows as json)) as r (id uuid, titles jsonb)
    join icp_job_titles as b on b.id = r.id
),
wanted as materialized (
    select distinct on (b.id, lower(trim(t.title)))
        b.id, b.org_id, b.company_domain, b.company_name,
        t.title, lower(trim(t.title)) as title_normalized, t.buyer_role, t.reasoning
    from briefing as b
    cross join lateral rows from (
        jsonb_to_recordset(b.titles) as (title text, buyer_role text, reasoning text)
    ) with ordinality as t (title, buyer_role, reasoning, ordinal)
    order by b.id, lower(trim(t.title)), t.ordinal
),
-- Briefing by briefing, by key: without statistics the planner would rather read the whole table.
known as materialized (
    select d.*
    from briefing as b
    cross join lateral (
        select id as detail_id, source_icp_job_titles_id, title, title_normalized, company_name, buyer_role, reasoning
        from extracted_icp_job_title_details
        where source_icp_job_titles_id = b.id
        offset 0
    ) as d
),
removed as (
    delete from extracted_icp_job_title_details
    where id = any(array(
        select k.detail_id
        from known as k
        left join wanted as w on w.id = k.source_icp_job_titles_id and w.title_normalized = k.title_normalized
        where w.id is null
    ))
),
news as materialized (
    select k.detail_id, w.*
    from wanted as w
    left join known as k on k.source_icp_job_titles_id = w.id and k.title_normalized = w.title_normalized
    where k.detail_id is null
       or (k.title, k.company_name, k.buyer_role, k.reasoning)
          is distinct from (w.title, w.company_name, w.buyer_role, w.reasoning)
),
changed as (
    update extracted_icp_job_title_details as d
    set title = n.title,
        company_name = n.company_name,
        buyer_role = n.buyer_role,
        reasoning = n.reasoning,
        updated_at = now(),
        written_by = default
    from news as n
    where d.id = n.detail_id
      and d.id = any(array(select detail_id from news where detail_id is not null))
),
added as (
    insert into extracted_icp_job_title_details (
        org_id, company_domain, company_name, title, buyer_role, reasoning, source_icp_job_titles_id
    )
    select org_id, company_domain, company_name, title, buyer_role, reasoning, id
    from news
    where detail_id is null
)
update icp_job_titles as b
set extracted_titles = briefing.titles, written_by = default
from (select id, jsonb_path_query_array(titles, '$[*].title') as titles from briefing) as briefing
where b.id = briefing.id and b.extracted_titles is distinct from briefing.titles

-- name: title_counts
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
