-- The rows about a person: how many there are, and their end.

-- name: count_rows
-- How many rows of each table are about the persons :ids and go with them.
with contact as (
    select id from contacts where person_id = any(cast(:ids as bigint[]))
),
conversation as (
    select id from conversations where contact_id in (select id from contact)
),
touchpoint as (
    select id from touchpoints where conversation_id in (select id from conversation)
)
select
    (select count(*) from persons where id = any(cast(:ids as bigint[]))) as persons,
    (select count(*) from contact_channels
     where person_id = any(cast(:ids as bigint[]))
        or (channel_type = 'email' and value_key = any(cast(:emails as text[])))) as contact_channels,
    (select count(*) from company_person_roles where person_id = any(cast(:ids as bigint[]))) as company_person_roles,
    (select count(*) from company_slot as s
     join persons as p using (person_unique_id)
     where p.id = any(cast(:ids as bigint[]))) as company_slot,
    (select count(*) from merge_candidates
     where entity_type = 'person'
       and (left_id = any(cast(:ids as bigint[])) or right_id = any(cast(:ids as bigint[])))) as merge_candidates,
    (select count(*) from signal_execution_entities
     where entity_type = 'person' and entity_id = any(cast(:ids as bigint[]))) as signal_execution_entities,
    (select count(*) from backfill_journal where person_id = any(cast(:ids as bigint[]))) as backfill_journal,
    (select count(*) from merges
     where entity_type = 'person'
       and (survivor_id = any(cast(:ids as bigint[])) or merged_id = any(cast(:ids as bigint[])))) as merges,
    (select count(*) from merge_changes as c
     where c.person_id = any(cast(:ids as bigint[]))
        or c.merge_id in (
            select id from merges
            where entity_type = 'person'
              and (survivor_id = any(cast(:ids as bigint[])) or merged_id = any(cast(:ids as bigint[])))
        )) as merge_changes,
    (select count(*) from observations where person_id = any(cast(:ids as bigint[]))) as observations,
    (select count(*) from job_changes where person_id = any(cast(:ids as bigint[]))) as job_changes,
    (select count(*) from contact_promotion_items where person_id = any(cast(:ids as bigint[])))
        as contact_promotion_items,
    (select count(*) from contact) as contacts,
    (select count(*) from relationships
     where contact_id_1 in (select id from contact) or contact_id_2 in (select id from contact)) as relationships,
    (select count(*) from conversation) as conversations,
    (select count(*) from touchpoint) as touchpoints,
    (select count(*) from touchpoint_participants
     where contact_id in (select id from contact) or touchpoint_id in (select id from touchpoint))
        as touchpoint_participants,
    (select count(*) from touchpoint_events
     where touchpoint_id in (select id from touchpoint)
        or recipient_hash in (select keyed_hash('email', email) from unnest(cast(:emails as text[])) as e (email)))
        as touchpoint_events

-- name: lock_companies
-- Locks the companies that lose somebody, in the order of their ids: before their people.
select from companies
where id in (select company_id from contacts where person_id = any(cast(:ids as bigint[])))
   or id in (
       select company_id from conversations
       where contact_id in (select id from contacts where person_id = any(cast(:ids as bigint[])))
   )
order by id
for no key update

-- name: open_seats
-- Opens the seats that the persons hold, as when somebody leaves: without attempts, to be asked about anew.
with held as materialized (
    select s.company_slot_unique_id
    from company_slot as s
    join companies as c using (company_unique_id)
    join persons as p using (person_unique_id)
    where p.id = any(cast(:ids as bigint[]))
    order by c.id, s.slot_type
    for no key update of s
)
update company_slot as s
set person_unique_id = null,
    enrichment_attempts = 0,
    confidence_score = null,
    filled_at = null,
    filled_by = null,
    last_refreshed_at = now(),
    written_by = default
from held
where s.company_slot_unique_id = held.company_slot_unique_id

-- name: delete_events
-- Deletes what mail providers told about the addresses.
delete from touchpoint_events
where recipient_hash in (select keyed_hash('email', email) from unnest(cast(:emails as text[])) as e (email))

-- name: delete_channels
-- Deletes the addresses, whoever has them.
delete from contact_channels where channel_type = 'email' and value_key = any(cast(:emails as text[]))

-- name: clear_contact_addresses
-- Takes the addresses from contacts of others.
update contacts set email = null, written_by = default
where email = any(cast(:emails as text[])) and person_id <> all(cast(:ids as bigint[]))

-- name: delete_candidates
-- Deletes pairs of which the persons are a part.
delete from merge_candidates
where entity_type = 'person' and (left_id = any(cast(:ids as bigint[])) or right_id = any(cast(:ids as bigint[])))

-- name: delete_entities
-- Executions did not find the persons any more.
delete from signal_execution_entities where entity_type = 'person' and entity_id = any(cast(:ids as bigint[]))

-- name: delete_journal
-- What backfill runs wrote about the persons is not taken back any more.
delete from backfill_journal where person_id = any(cast(:ids as bigint[]))

-- name: delete_merges
-- Merges of the persons are not undone any more, and what other merges changed of them is not put back.
with merged as (
    delete from merges
    where entity_type = 'person'
      and (survivor_id = any(cast(:ids as bigint[])) or merged_id = any(cast(:ids as bigint[])))
)
delete from merge_changes where person_id = any(cast(:ids as bigint[]))

-- name: delete_persons
-- Deletes the persons, and by their keys everything that refers to them: channels, roles, contacts, conversations.
delete from persons where id = any(cast(:ids as bigint[]))
