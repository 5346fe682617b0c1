-- The questions of an execution, in the order in which their answers are saved.

-- name: plan_questions
-- Plans the questions about :sources, a JSON array in the order wanted. What became of those planned before stays.
insert into execution_questions (execution_id, stage, source, position)
select :execution_id, :stage, source, position
from json_array_elements_text(cast(:sources as json)) with ordinality as r (source, position)
order by source
on conflict (execution_id, source) do update
set stage = excluded.stage, position = excluded.position, written_by = excluded.written_by, updated_at = now()
where (execution_questions.stage, execution_questions.position) is distinct from (excluded.stage, excluded.position)

-- name: forget_questions
-- Forgets the questions of a stage that were planned before, are not any more (:sources, a JSON array), and nobody has
-- asked.
delete from execution_questions
where execution_id = :execution_id
  and stage = :stage
  and status = 'planned'
  and source not in (select json_array_elements_text(cast(:sources as json)))

-- name: plan_again
-- Questions (:sources) that failed are about to be asked again: what comes after them waits.
update execution_questions
set status = 'planned', written_by = default, updated_at = now()
where execution_id = :execution_id and source = any (cast(:sources as text [])) and status = 'failed'

-- name: note_answer
-- A planned question has an answer, which is to be saved, or saved again.
update execution_questions
set status = 'answered', answer_id = :call_id, written_by = default, updated_at = now()
where execution_id = :execution_id and source = :source

-- name: note_unanswered
-- Nobody is going to answer these questions (:sources): what comes after them need not wait.
update execution_questions
set status = 'failed', written_by = default, updated_at = now()
where execution_id = :execution_id and source = any (cast(:sources as text [])) and status = 'planned'

-- name: pass_over_unanswered
-- The same of every question of a stage that has no answer by now.
update execution_questions
set status = 'failed', written_by = default, updated_at = now()
where execution_id = :execution_id and stage = :stage and status = 'planned'

-- name: next_answer
-- The first answer of a stage that is not saved, without :skipped; none while a question before it is open, unless
-- :is_last.
with first as (
    select source, answer_id, position
    from execution_questions
    where execution_id = :execution_id
      and stage = :stage
      and status = 'answered'
      and answer_id is not null
      and source <> all (cast(:skipped as text []))
    order by position, source
    limit 1
)
select first.source, first.answer_id as call_id, a.response
from first
join agent_calls as a on a.id = first.answer_id
where :is_last
   or not exists (
       select
       from execution_questions as earlier
       where earlier.execution_id = :execution_id
         and earlier.stage = :stage
         and earlier.status = 'planned'
         and earlier.position < first.position
   )

-- name: claim_answer
-- An answer is saved by the transaction that this is part of; nothing is updated when another one has saved it.
update execution_questions
set status = 'saved', written_by = default, updated_at = now()
where execution_id = :execution_id and source = :source and status = 'answered' and answer_id = :call_id

-- name: count_saved
-- How many answers of a stage are saved.
select count(*) from execution_questions where execution_id = :execution_id and stage = :stage and status = 'saved'
