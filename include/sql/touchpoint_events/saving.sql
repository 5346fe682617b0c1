-- What mail providers told: kept once, and whom it may be about.

-- name: save_events
-- Keeps the events in :rows, a JSON array, that are not known yet. One about an address alone has nothing to wait for.
-- Each address is hashed once.
with given as (
    select *
    from json_to_recordset(cast(:rows as json)) as r (
        event_id text, touchpoint_id uuid, message_id text, kind text, occurred_at timestamptz, recipient text,
        url text, reason text
    )
),
addresses as materialized (
    select recipient, keyed_hash('email', recipient) as hash
    from (select distinct recipient from given where recipient is not null) as r
)
insert into touchpoint_events (
    provider, provider_event_id, named_touchpoint_id, message_id, kind, occurred_at, recipient_hash, url, reason,
    applied_at
)
select :provider, g.event_id, g.touchpoint_id, g.message_id, g.kind, g.occurred_at, a.hash, g.url, g.reason,
       case when g.touchpoint_id is null and g.message_id is null then now() end
from given as g
left join addresses as a on a.recipient = g.recipient
order by g.event_id
on conflict (provider, provider_event_id) do nothing
returning provider_event_id

-- name: waiting_of_batch
-- The events of a batch that are not applied yet.
select id
from touchpoint_events
where provider = :provider and provider_event_id = any(cast(:event_ids as text[])) and applied_at is null
order by id

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
