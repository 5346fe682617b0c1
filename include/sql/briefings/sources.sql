-- Where briefings come from: orgs, their submissions, and the results of research those have to offer.

-- name: find_source
-- True when the org exists, and whose the submission and the run are; NULL for what is not stored or not asked for.
select
    exists (select from orgs where id = :org_id) as has_org,
    (select org_id from submissions where id = cast(:submission_id as uuid)) as submission_org_id,
    p.org_id as run_org_id,
    p.submission_id as run_submission_id,
    p.finished_at as run_finished_at
from (values (1)) as one
left join pipeline_runs as p on p.id = cast(:pipeline_run_id as uuid)

-- name: unknown_submissions
-- Those of :submission_ids that are not submissions of the org: they do not exist, or are another org's.
select wanted.id, s.id is not null as is_of_another_org, count(*) over () as total
from unnest(cast(:submission_ids as uuid[])) as wanted (id)
left join submissions as s on s.id = wanted.id
where s.org_id is distinct from :org_id
order by wanted.id
limit :limit

-- name: submissions_with_results
-- Every submission of an org with at least one result of the operation that briefings are made of, oldest first.
select s.id
from submissions as s
where s.org_id = :org_id
  and exists (
      select
      from step_results as r
      join pipeline_runs as p on p.id = r.pipeline_run_id
      where r.submission_id = s.id
        and r.result_operation_id = :operation_id
        and r.status = 'succeeded'
        and (
            p.status = 'succeeded'
            or exists (select from briefing_writes as w where w.step_result_id = r.id and w.status = 'failed')
        )
  )
order by s.created_at, s.id

-- name: count_results
-- How many results of an operation each submission has to offer, and how many of its runs that succeeded have none.
select s.id as submission_id, offered.step_results, without.runs_without_results
from submissions as s
cross join lateral (
    select count(*) as step_results
    from step_results as r
    join pipeline_runs as p on p.id = r.pipeline_run_id
    where r.submission_id = s.id
      and r.result_operation_id = :operation_id
      and r.status = 'succeeded'
      and (
          p.status = 'succeeded'
          or exists (select from briefing_writes as w where w.step_result_id = r.id and w.status = 'failed')
      )
) as offered
cross join lateral (
    select count(*) as runs_without_results
    from pipeline_runs as p
    where p.submission_id = s.id
      and p.status = 'succeeded'
      and not exists (
          select
          from step_results as r
          where r.pipeline_run_id = p.id and r.status = 'succeeded' and r.result_operation_id = :operation_id
      )
) as without
where s.org_id = :org_id and s.id = any(cast(:submission_ids as uuid[]))
order by s.created_at, s.id

-- name: find_step_results
-- The next results a kind of briefing is made of, oldest first: of runs that succeeded, or whose write failed before.
select s.ended_at, s.id
from step_results as s
where s.submission_id = :submission_id
  and s.org_id = :org_id
  and s.result_operation_id = :operation_id
  and s.status = 'succeeded'
  and (s.ended_at, s.id) > (
      coalesce(cast(:after_time as timestamptz), '-infinity'),
      coalesce(cast(:after_id as uuid), '00000000-0000-0000-0000-000000000000')
  )
  and (
      exists (select from pipeline_runs as p where p.id = s.pipeline_run_id and p.status = 'succeeded')
      or exists (select from briefing_writes as w where w.step_result_id = s.id and w.status = 'failed')
  )
order by s.ended_at, s.id
limit :limit

-- name: read_results
-- What step results say, without the research itself: that is large, and stays here unless it has an unusual shape.
-- path is where it is in output_payload, NULL where response has to be looked at: it may be an error, an envelope, mere
-- text, or nothing at all. Research has a member with a long text that is neither, nor about the question.
select
    s.id as step_result_id,
    s.org_id,
    s.submission_id as source_submission_id,
    s.pipeline_run_id as source_pipeline_run_id,
    coalesce(s.finished_at, p.finished_at, s.started_at, p.started_at, s.created_at) as researched_at,
    s.step_position,
    s.attempt,
    s.result_operation_id,
    s.result_status,
    case when jsonb_typeof(o.output) = 'object' then o.output - 'parallel_raw_response' end as output,
    r.path,
    case when r.path is null then o.response end as response
from step_results as s
join pipeline_runs as p on p.id = s.pipeline_run_id
-- Taken out of the payload once: it is unpacked each time it is looked into.
cross join lateral (
    select output, output -> 'parallel_raw_response' as response
    from (select s.output_payload #> '{operation_result,output}' as output offset 0) as unpacked
    offset 0
) as o
cross join lateral (
    select case
               when jsonb_typeof(o.response) is distinct from 'object' or o.response = '{}' then null
               when coalesce(jsonb_typeof(o.response #> '{output,content}'), 'null') = 'null'
                    or jsonb_typeof(o.response -> 'output') <> 'object'
                   then '{operation_result,output,parallel_raw_response}'
               when jsonb_typeof(o.response #> '{output,content}') = 'object'
                    and o.response #> '{output,content}' <> '{}'
                   then '{operation_result,output,parallel_raw_response,output,content}'
           end as path
    offset 0
) as w
cross join lateral (
    select case when bool_or(m.is_long and k.key <> all(k.about)) and not bool_or(k.key = any(k.envelopes)) then w.path end
        as path
    from (
        select
            key,
            jsonb_path_exists(value, '$.** ? (@.type() == "string" && @ like_regex "^.{80}" flag "s")') as is_long
        from jsonb_each(
            case
                when w.path = '{operation_result,output,parallel_raw_response}' then o.response
                when w.path is not null then o.response #> '{output,content}'
            end
        )
    ) as m
    cross join lateral (
        select
            regexp_replace(lower(m.key), '[^a-z]', '', 'g') as key,
            regexp_split_to_array('
                answer arguments body briefing candidates choices completion content document
                error errormessage errors exception failure fulltext function html input
                markdown md message output parts rawtext report response result role text
                toolcalls type
            ', '\s+') as envelopes,
            regexp_split_to_array('
                annotations basis citations clientcompanydescription clientcompanyname code
                company companydomain companyname created createdat customercompanyname detail
                details domain finishreason format fullname httpstatus id language linkedinurl
                meta metadata model name object ok personcurrentcompany personcurrentcompanyname
                personfullname personlinkedinurl reason references requestid retryafter role run
                runid sources status statuscode stopreason success targetcompanydomain
                targetcompanyname timestamp traceid type usage version warnings
            ', '\s+') as about
    ) as k
    offset 0
) as r
where s.id = any(cast(:step_result_ids as uuid[]))
