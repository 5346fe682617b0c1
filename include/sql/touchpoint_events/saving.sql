-- What mail providers told: kept once, and whom it may be about.

-- name: hash_addresses
-- The keyed hash of each address.
select address, keyed_hash('email', address) as hash from unnest(cast(:addresses as text[])) as given (address)

-- name: save_events
-- Keeps the events in :rows, a JSON array, that are not known yet. One about an address alone has nothing to wait for.
insert into touchpoint_events (
    provider, provider_event_id, named_touchpoint_id, message_id, kind, occurred_at, recipient_hash, url, reason,
    applied_at
)
select :provider, event_id, touchpoint_id, message_id, kind, occurred_at, recipient_hash, url, reason,
       case when touchpoint_id is null and message_id is null then now() end
from json_to_recordset(cast(:rows as json)) as r (
    event_id text, touchpoint_id uuid, message_id text, kind text, occurred_at timestamptz, recipient_hash text,
    url text, reason text
)
order by event_id, recipient_hash
on conflict (provider, provider_event_id, recipient_hash) do nothing
returning id

-- name: find_events
-- The events of a provider with these ids, and whether they wait.
select id, provider_event_id, recipient_hash, applied_at is null as is_waiting
from touchpoint_events
where provider = :provider and provider_event_id = any(cast(:event_ids as text[]))

-- name: find_applicable
-- Events that waited for a touchpoint that is there now, among the newest :newest that wait; null: among all.
with waiting as materialized (
    select id, provider, message_id, named_touchpoint_id
    from touchpoint_events
    where applied_at is null
    order by id desc
    limit cast(:newest as bigint)
),
found as materialized (
    select w.id from waiting as w join touchpoints as t on t.id = w.named_touchpoint_id
    union
    select w.id from waiting as w
    join touchpoints as t on t.provider = w.provider and t.email_message_id = w.message_id
    union
    select w.id from waiting as w join touchpoints as t on t.provider is null and t.email_message_id = w.message_id
)
select id from found order by id limit :limit
