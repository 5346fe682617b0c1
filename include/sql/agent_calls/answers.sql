-- Answers that were paid for already.

-- name: find_answer_in_scope
-- The answer this scope already has to a question, paid for or reused.
select id, response, cost_usd
from agent_calls
where scope = :scope
  and request_key = :request_key
  and status in ('succeeded', 'reused')

-- name: answers_of_agent
-- Every answer of one agent that a scope has and that could be used.
select request, response
from agent_calls
where scope = :scope and agent = :agent and status in ('succeeded', 'reused') and error_kind is null
order by id

-- name: find_answer_elsewhere
-- The newest answer another scope paid for that has not expired and is younger than the asker's time-to-live.
select id, response, cost_usd
from agent_calls
where request_key = :request_key
  and scope <> :scope
  and status = 'succeeded'
  and expires_at > now()
  and finished_at > now() - make_interval(secs => :ttl_seconds)
order by finished_at desc, id desc
limit 1

-- name: reuse_answer
-- Gives a scope its own copy of an answer another scope paid for, at no cost.
-- The bytes are copied, so that removing old executions never takes an answer away from a newer one.
insert into agent_calls (
    scope, agent, provider, request_key, request, status, response,
    latency_ms, cost_usd, reused_from_id, finished_at, expires_at
)
select
    :scope, agent, provider, request_key, request, 'reused', response,
    0, 0, id, now(), expires_at
from agent_calls
where id = :call_id
returning id

-- name: find_shared_research
-- Deep research on a question that another submission of the org has under way, or was answered: the answered first, then
-- what was asked for last. Under way means for less than a day, and known by a number. An answer stands for
-- :max_age_seconds from when its briefing says it was researched; one without a briefing is on its way into the table, and
-- stands for an hour.
select c.id, c.external_id, case when c.status = 'succeeded' then c.response end as response
from agent_calls as c
join submissions as s
    on s.id = case when c.scope ~ '^research:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then substr(c.scope, 10)::uuid end
left join lateral (
    select max(b.researched_at) as researched_at
    from (
        select researched_at from company_intel_briefings where org_id = s.org_id and parallel_run_id = c.external_id
        union all
        select researched_at from person_intel_briefings where org_id = s.org_id and parallel_run_id = c.external_id
        union all
        select researched_at from icp_job_titles where org_id = s.org_id and parallel_run_id = c.external_id
    ) as b
    where c.status = 'succeeded'
    offset 0
) as briefing on true
where c.request_key = :request_key
  and c.scope <> :scope
  and s.org_id = :org_id
  and c.external_id is not null
  and (
      c.status = 'started' and c.started_at > now() - interval '1 day'
      or c.status = 'succeeded'
      and c.error_kind is null
      and c.finished_at > now() - make_interval(secs => :max_age_seconds)
      and case
          when briefing.researched_at is null then c.finished_at > now() - interval '1 hour'
          else briefing.researched_at > now() - make_interval(secs => :max_age_seconds)
      end
  )
order by c.status = 'succeeded' desc, c.id desc
limit 1

-- name: mark_unusable
-- Notes why answers could not be used, and lets them expire, those they were copied from included: whoever has the
-- question next asks anew.
update agent_calls
set error_kind = :reason, error_message = left(:detail, 500), expires_at = clock_timestamp()
where id = any(array(
    select unnest(cast(:call_ids as bigint[]))
    union
    select reused_from_id from agent_calls where id = any(cast(:call_ids as bigint[]))
))
  and status in ('succeeded', 'reused')
  and error_kind is null

-- name: find_response
-- The raw answer of one call.
select response from agent_calls where id = :call_id

-- name: is_truncated
-- True when the answer of a call was cut off in the middle.
select truncated from agent_calls where id = :call_id

-- name: answered_at
-- When a call was answered; for a reused answer, when it was paid for.
select coalesce(paid.finished_at, c.finished_at)
from agent_calls as c
left join agent_calls as paid on paid.id = c.reused_from_id
where c.id = :call_id

-- name: count_answers_of_backfill
-- The answers about seats that a run's task tries :attempts got, what they cost, and how many copies other runs took.
select
    count(*) as answers,
    coalesce(sum(c.cost_usd), 0) as cost_usd,
    coalesce(sum((select count(*) from agent_calls as copy where copy.reused_from_id = c.id)), 0) as copies
from agent_calls as c
where c.agent = 'people'
  and c.request ? 'attempt'
  and (c.scope = :scope or c.written_by = any(cast(:attempts as bigint[])))
  and c.status in ('succeeded', 'reused')
  and not starts_with(c.request_key, 'taken_back:')

-- name: take_back_answers
-- Keeps a run's answers about seats from being used again: nobody finds them by their question any more, not even the
-- run itself, nor those that are still on their way. Answers they were copied from expire.
with taken as (
    update agent_calls as c
    set request_key = 'taken_back:' || c.id,
        error_kind = coalesce(c.error_kind, 'taken_back'),
        expires_at = least(c.expires_at, clock_timestamp())
    where c.agent = 'people'
      and c.request ? 'attempt'
      and (c.scope = :scope or c.written_by = any(cast(:attempts as bigint[])))
      and c.status in ('started', 'succeeded', 'reused', 'abandoned')
      and not starts_with(c.request_key, 'taken_back:')
    returning c.id, c.reused_from_id
)
update agent_calls as origin
set expires_at = clock_timestamp()
from taken
where origin.id = taken.reused_from_id
  and origin.expires_at > clock_timestamp()
  and origin.id not in (select id from taken)
