-- Executions that have ended, taken up again from their stored answers.

-- name: lock_execution
-- One execution, which nobody else changes until the transaction ends.
select status, error, completed_at, abandoned_at from signal_executions where id = :execution_id for update

-- name: forget_links
-- Takes away what an execution found, to find out what it finds now. Returns what is worth keeping of each.
delete from signal_execution_entities
where execution_id = :execution_id
returning entity_type, entity_id, is_new, skip_reason, priority

-- name: keep_links
-- What was known of an execution's finds (:rows) before they were found again: when first seen they were new, or not,
-- and, unless that was planned anew, why nobody asked about a company, or how soon.
update signal_execution_entities as x
set is_new = r.is_new,
    skip_reason = case when x.entity_type = 'company' and :with_reasons then r.skip_reason else x.skip_reason end,
    priority = case when :with_reasons then r.priority else x.priority end
from json_to_recordset(cast(:rows as json))
    as r (entity_type text, entity_id bigint, is_new boolean, skip_reason text, priority double precision)
where x.execution_id = :execution_id and x.entity_type = r.entity_type and x.entity_id = r.entity_id

-- name: forget_unused
-- Forgets what could not be used of the answers that are about to be saved again; with :all, everything but what is said
-- of questions without an answer.
delete from rejected_records as r
where r.execution_id = :execution_id
  and r.stage <> 'agent'
  and (
      exists (
          select from execution_questions as q
          where q.execution_id = r.execution_id and q.source = r.source and q.answer_id is not null
      )
      or :all and not exists (
          select from execution_questions as q where q.execution_id = r.execution_id and q.source = r.source
      )
  )

-- name: keep_known_people
-- People (of :rows) who were known at a company of the execution, so that nobody was asked about it, are found as before.
insert into signal_execution_entities (execution_id, entity_type, entity_id, is_new)
select :execution_id, 'person', r.entity_id, r.is_new
from json_to_recordset(cast(:rows as json)) as r (entity_type text, entity_id bigint, is_new boolean)
where r.entity_type = 'person'
  and exists (
      select
      from company_person_roles as role
      join signal_execution_entities as x
          on x.execution_id = :execution_id and x.entity_type = 'company' and x.entity_id = role.company_id
      where role.person_id = r.entity_id and x.skip_reason = 'already_known'
  )
order by r.entity_id
on conflict do nothing

-- name: forget_others_of_stage
-- Forgets the questions of a stage that are not planned any more: all but :sources.
delete from execution_questions
where execution_id = :execution_id and stage = :stage and source <> all(cast(:sources as text[]))

-- name: ask_again
-- The questions of a stage have no answers: these are looked up anew.
update execution_questions
set status = 'planned', answer_id = null, written_by = default, updated_at = now()
where execution_id = :execution_id and stage = :stage and (status <> 'planned' or answer_id is not null)

-- name: forget_failures_of_others
-- Forgets the failed calls about what is not asked any more, or is answered.
delete from rejected_records as r
where r.execution_id = :execution_id
  and r.stage = 'agent'
  and not exists (
      select from execution_questions as q
      where q.execution_id = r.execution_id and q.source = r.source and q.answer_id is null
  )

-- name: save_again
-- Every answer of an execution is to be saved again. Returns how many those are.
with again as (
    update execution_questions
    set status = 'answered', written_by = default, updated_at = now()
    where execution_id = :execution_id and answer_id is not null
    returning 1
)
select count(*) from again

-- name: read_again
-- Answers that nobody could read, for one of :reasons, are read once more. That they have expired stays.
update agent_calls
set error_kind = null, error_message = null
where scope = :scope and status in ('succeeded', 'reused') and error_kind = any(cast(:reasons as text[]))

-- name: leave_out_strangers
-- Answers of a stage about events or companies (:entity_type) that the execution does not find any more are not saved.
-- Returns how many those are.
with strangers as (
    update execution_questions as q
    set status = 'failed', written_by = default, updated_at = now()
    where q.execution_id = :execution_id
      and q.stage = :stage
      and q.status = 'answered'
      and not exists (
          select
          from signal_execution_entities as x
          left join companies as c on x.entity_type = 'company' and c.id = (regexp_match(q.source, '[0-9]+$'))[1]::bigint
          where x.execution_id = q.execution_id
            and x.entity_type = :entity_type
            and x.entity_id = coalesce(c.merged_into_id, (regexp_match(q.source, '[0-9]+$'))[1]::bigint)
      )
    returning 1
)
select count(*) from strangers

-- name: set_completed_at
-- When an execution ended stays what it was.
update signal_executions set completed_at = :completed_at where id = :execution_id

-- name: usual_costs
-- What a call to each agent cost on average: in this scope where it asked, else anywhere in the last 90 days.
select agent, coalesce(avg(cost_usd) filter (where scope = :scope), avg(cost_usd)) as cost_usd
from agent_calls
where agent = any(cast(:agents as text[]))
  and status = 'succeeded'
  and cost_usd is not null
  and (scope = :scope or started_at > now() - interval '90 days')
group by agent
