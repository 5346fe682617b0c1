-- Conversations: beginning, reading and changing them. Counts, last times and closed_at are kept by triggers.

-- name: lock_companies
-- Locks companies until the transaction ends, in the order of their ids; those that do not exist are missing.
select id
from companies
where id = any(cast(:company_ids as bigint[]))
order by id
for no key update

-- name: whose_conversations
-- The contacts and companies of conversations.
select id, contact_id, company_id
from conversations
where id = any(cast(:conversation_ids as uuid[]))

-- name: lock_conversations
-- Locks conversations until the transaction ends, in the order of their ids. may_be_written_to: the contact is active
-- and has not asked to be left alone.
select v.id, v.contact_id, v.company_id,
       c.status = 'active' and coalesce(c.communication_preferences ->> 'do_not_contact', 'false') <> 'true'
           as may_be_written_to
from conversations as v
join contacts as c on c.id = v.contact_id
where v.id = any(cast(:conversation_ids as uuid[]))
order by v.id
for no key update of v

-- name: create_conversation
-- Begins the conversation in :row, a JSON object; one that is there already is left alone.
insert into conversations (
    id, contact_id, company_id, status, qualification_tier, next_touchpoint_at, context, campaign_id, campaign_name,
    sequence_step, outcome, outcome_date, outcome_notes, estimated_value, actual_value, metadata, started_at, closed_at
)
select id, contact_id, company_id, status, qualification_tier, next_touchpoint_at, context, campaign_id, campaign_name,
       sequence_step, outcome, outcome_date, outcome_notes, estimated_value, actual_value, metadata,
       coalesce(started_at, now()), closed_at
from jsonb_populate_record(cast(null as conversations), cast(:row as jsonb))
on conflict (id) do nothing
returning *

-- name: find_conversation
-- One conversation, by its id.
select * from conversations where id = :conversation_id

-- name: conversations_of_contact
-- A contact's conversations, of one status or of all, the newest first.
select *
from conversations
where contact_id = :contact_id and (cast(:status as text) is null or status = :status)
order by started_at desc, id

-- name: conversations_of_company
-- A company's conversations, of one status or of all, the newest first.
select *
from conversations
where company_id = :company_id and (cast(:status as text) is null or status = :status)
order by started_at desc, id

-- name: active_conversations
-- The active conversations of a company with the names of their contacts, the newest touchpoint first.
select * from get_active_conversations(:company_id)

-- name: conversations_needing_followup
-- Active conversations whose next touchpoint is due, the longest overdue first.
select * from get_conversations_needing_followup() limit cast(:limit as bigint)

-- name: update_conversation
-- Writes the columns named in :changes, a JSON object, where one of them differs. The conversation is locked.
update conversations as v
set contact_id = r.contact_id,
    company_id = r.company_id,
    status = r.status,
    qualification_tier = r.qualification_tier,
    next_touchpoint_at = r.next_touchpoint_at,
    context = r.context,
    campaign_id = r.campaign_id,
    campaign_name = r.campaign_name,
    sequence_step = r.sequence_step,
    outcome = r.outcome,
    outcome_date = r.outcome_date,
    outcome_notes = r.outcome_notes,
    estimated_value = r.estimated_value,
    actual_value = r.actual_value,
    metadata = r.metadata,
    started_at = r.started_at,
    closed_at = r.closed_at,
    written_by = default
from conversations as was
cross join lateral jsonb_populate_record(was, cast(:changes as jsonb)) as r
where was.id = :conversation_id and v.id = was.id and r is distinct from was
returning v.*

-- name: update_status
-- Writes a status and, where given, an outcome with its notes, where any of it differs. An outcome that is new, or has no
-- date yet, is of now.
update conversations
set status = :status,
    outcome = coalesce(:outcome, outcome),
    outcome_date = case
        when cast(:outcome as text) is null then outcome_date
        when :outcome = outcome then coalesce(outcome_date, now())
        else now()
    end,
    outcome_notes = coalesce(:outcome_notes, outcome_notes),
    written_by = default
where id = :conversation_id
  and (
      status <> :status
      or outcome is distinct from coalesce(:outcome, outcome)
      or (cast(:outcome as text) is not null and outcome_date is null)
      or outcome_notes is distinct from coalesce(:outcome_notes, outcome_notes)
  )
returning *

-- name: merge_context
-- Merges :updates, a JSON object, into the context: a list named in :append gets what it does not have yet, in order;
-- everything else is replaced. What is merged into is the row once it is locked: of two merges at once none is lost.
with merged as (
    select v.id, v.context || cast(:updates as jsonb) || coalesce(
        (
            select jsonb_object_agg(named.key, united.list)
            from unnest(cast(:append as text[])) as named (key)
            cross join lateral (
                select coalesce(jsonb_agg(item order by place), '[]') as list
                from (
                    select item, min(place) as place
                    from jsonb_array_elements(
                        coalesce(jsonb_path_query_array(nullif(v.context -> named.key, 'null'), '$[*]'), '[]')
                        || (cast(:updates as jsonb) -> named.key)
                    ) with ordinality as both_lists (item, place)
                    group by item
                ) as once_each
            ) as united
        ),
        '{}'
    ) as context
    from conversations as v
    where v.id = :conversation_id
    for no key update
)
update conversations as v
set context = merged.context, written_by = default
from merged
where v.id = merged.id and v.context is distinct from merged.context
returning v.*
