-- Applying events to the touchpoints they are about. Locks are taken in the order contact, conversation, touchpoint, and
-- of each in the order of their ids.

-- name: match_events
-- The touchpoint that each event is about: the one it came with, else the one whose message it was, sent by this
-- provider or by nobody knows which.
select e.id, t.id as touchpoint_id, v.id as conversation_id, v.contact_id
from touchpoint_events as e
cross join lateral (
    select m.id, m.conversation_id, 1 as rank from touchpoints as m where m.id = e.named_touchpoint_id
    union all
    select m.id, m.conversation_id, 2
    from touchpoints as m
    where m.provider = e.provider and m.email_message_id = e.message_id
    union all
    select m.id, m.conversation_id, 3
    from touchpoints as m
    where m.provider is null and m.email_message_id = e.message_id
    order by rank
    limit 1
) as t
join conversations as v on v.id = t.conversation_id
where e.id = any(cast(:ids as bigint[])) and e.applied_at is null

-- name: lock_contacts
-- Locks these contacts, and those that have one of the addresses.
select from contacts
where id = any(cast(:ids as uuid[])) or email = any(cast(:emails as text[]))
order by id
for no key update

-- name: lock_conversations
-- Locks these conversations.
select from conversations where id = any(cast(:ids as uuid[])) order by id for no key update

-- name: lock_touchpoints
-- Locks these touchpoints.
select from touchpoints where id = any(cast(:ids as uuid[])) order by id for no key update

-- name: judge_events
-- Whether the touchpoint of each event may be touched: it was sent, by this provider, to the recipient. An address
-- counts as the contact's when it was that of the person at any time; who has none is not contradicted.
with found as (
    select e.id, e.provider, e.provider_event_id, e.kind, e.recipient_hash, t.id as touchpoint_id,
           t.provider as sent_by, t.direction, c.id as contact_id, c.person_id, c.email
    from unnest(cast(:event_ids as bigint[]), cast(:touchpoint_ids as uuid[])) as g (event_id, touchpoint_id)
    join touchpoint_events as e on e.id = g.event_id and e.applied_at is null
    join touchpoints as t on t.id = g.touchpoint_id
    join conversations as v on v.id = t.conversation_id
    join contacts as c on c.id = v.contact_id
),
addresses as (
    select a.contact_id, array_agg(keyed_hash('email', a.address)) as hashes
    from (
        select contact_id, email as address
        from found
        where recipient_hash is not null and email is not null
        union
        select f.contact_id, h.value_key
        from found as f
        join contact_channels as h on h.person_id = f.person_id and h.channel_type = 'email'
        where f.recipient_hash is not null
    ) as a
    group by a.contact_id
)
select f.id, f.provider, f.provider_event_id, f.kind, f.touchpoint_id, f.email,
       f.recipient_hash is not null as names_recipient,
       case
           when f.sent_by <> f.provider then 'other_provider'
           when f.direction <> 'outbound' then 'not_sent'
           when f.recipient_hash <> all(a.hashes) then 'other_recipient'
       end as refusal
from found as f
left join addresses as a on a.contact_id = f.contact_id
order by f.id

-- name: mark_applied
-- The events now belong to their touchpoints.
update touchpoint_events as e
set touchpoint_id = g.touchpoint_id, applied_at = now(), written_by = default
from unnest(cast(:event_ids as bigint[]), cast(:touchpoint_ids as uuid[])) as g (event_id, touchpoint_id)
where e.id = g.event_id

-- name: update_touchpoints
-- What the events say of their touchpoints, in whatever order they came: of each time the earliest, of the reasons why
-- a message did not arrive the last one, a final one before a passing one.
with news as (
    select e.touchpoint_id,
           min(e.occurred_at) filter (where e.kind = 'sent') as sent_at,
           min(e.occurred_at) filter (where e.kind = 'delivered') as delivered_at,
           min(e.occurred_at) filter (where e.kind in ('opened', 'clicked')) as opened_at,
           min(e.occurred_at) filter (where e.kind = 'clicked') as clicked_at,
           min(e.occurred_at) filter (where e.kind = 'replied') as replied_at,
           min(e.occurred_at) filter (where e.kind = 'bounced') as bounced_at,
           min(e.occurred_at) filter (where e.kind = 'failed') as failed_at,
           bool_or(e.kind in ('deferred', 'bounced', 'failed') and e.reason is not null) as tells_why
    from touchpoint_events as e
    where e.id = any(cast(:event_ids as bigint[]))
    group by e.touchpoint_id
),
told as (
    select n.*, why.reason
    from news as n
    left join lateral (
        select e.reason
        from touchpoint_events as e
        where n.tells_why
          and e.touchpoint_id = n.touchpoint_id
          and e.kind in ('deferred', 'bounced', 'failed')
          and e.reason is not null
        order by e.kind = 'deferred', e.occurred_at desc, e.provider_event_id
        limit 1
    ) as why on true
)
update touchpoints as t
set sent_at = least(t.sent_at, n.sent_at),
    delivered_at = least(t.delivered_at, n.delivered_at),
    opened_at = least(t.opened_at, n.opened_at),
    clicked_at = least(t.clicked_at, n.clicked_at),
    replied_at = least(t.replied_at, n.replied_at),
    bounced_at = least(t.bounced_at, n.bounced_at),
    failed_at = least(t.failed_at, n.failed_at),
    outcome_details = coalesce(n.reason, t.outcome_details),
    written_by = default
from told as n
where t.id = n.touchpoint_id
  and (
      n.sent_at < coalesce(t.sent_at, 'infinity')
      or n.delivered_at < coalesce(t.delivered_at, 'infinity')
      or n.opened_at < coalesce(t.opened_at, 'infinity')
      or n.clicked_at < coalesce(t.clicked_at, 'infinity')
      or n.replied_at < coalesce(t.replied_at, 'infinity')
      or n.bounced_at < coalesce(t.bounced_at, 'infinity')
      or n.failed_at < coalesce(t.failed_at, 'infinity')
      or n.reason <> coalesce(t.outcome_details, '')
  )

-- name: forget_events
-- Drops events that were refused: whoever made them up must not keep a real one with the same id from being known.
delete from touchpoint_events where id = any(cast(:ids as bigint[]))
