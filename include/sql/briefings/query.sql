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

-- name: count_fitting
-- How many of the briefings :ids of :kind, from the first, are no larger than :max_bytes together, and how many are left.
select count(*) filter (where bytes <= :max_bytes) as fitting, count(*) filter (where bytes > :max_bytes) as others
from (
    select sum(octet_length(cast(b.raw_parallel_output as text))) over (order by given.position) as bytes
    from unnest(cast(:ids as uuid[])) with ordinality as given (id, position)
    join (
        select id, raw_parallel_output from company_intel_briefings where :kind = 'company'
        union all
        select id, raw_parallel_output from person_intel_briefings where :kind = 'person'
        union all
        select id, raw_parallel_output from icp_job_titles where :kind = 'icp_job_titles'
    ) as b using (id)
) as sized

-- name: find_fresh
-- The briefing of :kind that answers a question of :submission_id, when it is fresh enough and made by :processor if that
-- matters. Not its own: whoever asks the same in one submission gets the same answer from the ledger. What it says, by
-- the first of the names that results give it. Without a profile a person is the only namesake there is.
with found as (
    select
        id, researched_at, parallel_run_id, processor, source_submission_id, source_pipeline_run_id,
        jsonb_build_object(
            'domain', company_domain, 'company_name', company_name, 'client_company_name', client_company_name,
            'client_company_description', client_company_description
        ) as said
    from company_intel_briefings
    where :kind = 'company'
      and org_id = :org_id
      and company_domain = :first_key
      and text_key(client_company_name) is not distinct from cast(:second_key as text)
    union all
    select
        id, researched_at, parallel_run_id, processor, source_submission_id, source_pipeline_run_id,
        jsonb_build_object(
            'full_name', person_full_name, 'linkedin_url', person_linkedin_url, 'title', person_current_job_title,
            'person_current_company_name', person_current_company_name, 'client_company_name', client_company_name,
            'client_company_description', client_company_description, 'customer_company_name', customer_company_name
        )
    from (
        select *, count(*) over () = 1 as is_only
        from person_intel_briefings
        where :kind = 'person'
          and org_id = :org_id
          and text_key(person_full_name) = :first_key
          and text_key(person_current_company_name) is not distinct from cast(:second_key as text)
          and text_key(client_company_name) is not distinct from cast(:third_key as text)
    ) as namesake
    where person_linkedin_url is not distinct from cast(:profile as text)
       or (is_only and (person_linkedin_url is null or cast(:profile as text) is null))
    union all
    select
        id, researched_at, parallel_run_id, processor, source_submission_id, source_pipeline_run_id,
        jsonb_build_object('domain', company_domain, 'company_name', company_name, 'company_description', company_description)
    from icp_job_titles
    where :kind = 'icp_job_titles' and org_id = :org_id and company_domain = :first_key
)
select id, researched_at, parallel_run_id, processor, source_submission_id, source_pipeline_run_id,
    jsonb_strip_nulls(said) as said
from found
where researched_at > now() - make_interval(secs => :max_age_seconds)
  and source_submission_id is distinct from cast(:submission_id as uuid)
  and (cast(:processor as text) is null or processor = :processor)
order by researched_at desc, id
limit 1

-- name: rows_company
-- Rows of company_intel_briefings, whole.
select * from company_intel_briefings where id = any(cast(:ids as uuid[]))

-- name: rows_person
-- Rows of person_intel_briefings, whole.
select * from person_intel_briefings where id = any(cast(:ids as uuid[]))

-- name: rows_icp_job_titles
-- Rows of icp_job_titles, whole.
select * from icp_job_titles where id = any(cast(:ids as uuid[]))
