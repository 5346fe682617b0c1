-- Counters that triggers keep, compared with what there is to count, and set right.

-- name: mismatches_of_companies
-- Companies whose counters differ from their contacts and active conversations, by id and column.
with contact as (
    select company_id, count(*) as total from contacts where company_id is not null group by company_id
),
conversation as (
    select company_id, count(*) as active from conversations where status = 'active' group by company_id
)
select 'companies' as table_name, m.id::text as id, c.column_name, c.stored, c.counted
from companies as m
left join contact on contact.company_id = m.id
left join conversation on conversation.company_id = m.id
cross join lateral (
    values ('total_contacts', m.total_contacts::text, coalesce(contact.total, 0)::text),
           ('active_conversations', m.active_conversations::text, coalesce(conversation.active, 0)::text)
) as c (column_name, stored, counted)
where (m.total_contacts, m.active_conversations)
      is distinct from (coalesce(contact.total, 0), coalesce(conversation.active, 0))
  and c.stored is distinct from c.counted
order by m.id, c.column_name
limit cast(:limit as bigint)

-- name: mismatches_of_contacts
-- Contacts whose counters differ from the touchpoints of their conversations, by id and column.
with touched as (
    select v.contact_id, count(*) as total, max(t.sent_at) as last_at
    from touchpoints as t
    join conversations as v on v.id = t.conversation_id
    group by v.contact_id
)
select 'contacts' as table_name, k.id::text as id, c.column_name, c.stored, c.counted
from contacts as k
left join touched on touched.contact_id = k.id
cross join lateral (
    values ('total_touchpoints', k.total_touchpoints::text, coalesce(touched.total, 0)::text),
           ('last_engaged_at', k.last_engaged_at::text, touched.last_at::text)
) as c (column_name, stored, counted)
where (k.total_touchpoints, k.last_engaged_at) is distinct from (coalesce(touched.total, 0), touched.last_at)
  and c.stored is distinct from c.counted
order by k.id, c.column_name
limit cast(:limit as bigint)

-- name: mismatches_of_conversations
-- Conversations whose counters differ from their touchpoints, by id and column.
with touched as (
    select conversation_id, count(*) as total, count(responded_at) as responses, max(sent_at) as last_at,
           max(responded_at) as last_response_at,
           round(
               (avg(extract(epoch from replied_at - sent_at))
                    filter (where direction = 'outbound' and replied_at >= sent_at) / 3600)::numeric,
               2
           ) as response_hours
    from touchpoints
    group by conversation_id
)
select 'conversations' as table_name, v.id::text as id, c.column_name, c.stored, c.counted
from conversations as v
left join touched on touched.conversation_id = v.id
cross join lateral (
    values ('touchpoint_count', v.touchpoint_count::text, coalesce(touched.total, 0)::text),
           ('response_count', v.response_count::text, coalesce(touched.responses, 0)::text),
           ('last_touchpoint_at', v.last_touchpoint_at::text, touched.last_at::text),
           ('last_response_at', v.last_response_at::text, touched.last_response_at::text),
           ('avg_response_time_hours', v.avg_response_time_hours::text, touched.response_hours::text)
) as c (column_name, stored, counted)
where (v.touchpoint_count, v.response_count, v.last_touchpoint_at, v.last_response_at, v.avg_response_time_hours)
      is distinct from (coalesce(touched.total, 0), coalesce(touched.responses, 0), touched.last_at,
                        touched.last_response_at, touched.response_hours)
  and c.stored is distinct from c.counted
order by v.id, c.column_name
limit cast(:limit as bigint)

-- name: recount_conversations
-- Sets the counters of these conversations, which are locked, to what is counted. The triggers add the difference to
-- their contacts.
update conversations as v
set touchpoint_count = touched.total,
    response_count = touched.responses,
    last_touchpoint_at = touched.last_at,
    last_response_at = touched.last_response_at,
    avg_response_time_hours = touched.response_hours,
    written_by = default
from unnest(cast(:ids as uuid[])) as wanted (id)
cross join lateral (
    select count(*) as total, count(responded_at) as responses, max(sent_at) as last_at,
           max(responded_at) as last_response_at,
           round(
               (avg(extract(epoch from replied_at - sent_at))
                    filter (where direction = 'outbound' and replied_at >= sent_at) / 3600)::numeric,
               2
           ) as response_hours
    from touchpoints
    where conversation_id = wanted.id
) as touched
where v.id = wanted.id

-- name: recount_contacts
-- Sets the counters of these contacts, which are locked, to what is counted.
select recount_contacts(cast(:ids as uuid[]))

-- name: recount_companies
-- Sets the counters of these companies, which are locked, to what is counted.
update companies as m
set total_contacts = (select count(*) from contacts where company_id = m.id),
    active_conversations = (select count(*) from conversations where company_id = m.id and status = 'active'),
    written_by = default
where m.id = any(cast(:ids as bigint[]))
