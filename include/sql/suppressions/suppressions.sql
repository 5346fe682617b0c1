-- Addresses that must not be written to, and the contacts that have them.

-- name: find_suppressed
-- Which of the addresses and domains (pairs of kind and value) are suppressed, and why.
select given.kind, given.value, s.reason
from unnest(cast(:kinds as text[]), cast(:values as text[])) as given (kind, value)
join suppressed_addresses as s on s.kind = given.kind and s.value_hash = keyed_hash(given.kind, given.value)

-- name: contacts_at_domains
-- Addresses of the contacts at one of the domains, or below it.
select c.email
from contacts as c
where exists (
    select from unnest(cast(:domains as text[])) as given (domain)
    where right(c.email, length(given.domain) + 1) in ('@' || given.domain, '.' || given.domain)
)

-- name: lock_contacts
-- Locks the contacts with these addresses, in the order of their ids.
select from contacts where email = any(cast(:emails as text[])) order by id for no key update

-- name: save_suppressions
-- Adds the suppressions in :rows, a JSON array. The first reason stays unless the new one is stronger, by its place in
-- :reasons.
insert into suppressed_addresses as known (kind, value_hash, reason, source)
select r.kind, keyed_hash(r.kind, r.value), r.reason, r.source
from json_to_recordset(cast(:rows as json)) as r (kind text, value text, reason text, source text)
order by 1, 2
on conflict (kind, value_hash) do update
set reason = excluded.reason,
    source = excluded.source,
    suppressed_at = excluded.suppressed_at,
    written_by = excluded.written_by
where array_position(cast(:reasons as text[]), excluded.reason)
    > array_position(cast(:reasons as text[]), known.reason)

-- name: delete_suppression
-- Takes a suppression back.
delete from suppressed_addresses where kind = :kind and value_hash = keyed_hash(:kind, :value) returning reason

-- name: mark_contacts
-- Gives the contacts with these addresses the status of the suppression. Who wants no mail is marked so whatever else is
-- known; that an address does not work is news of an active contact only.
update contacts as c
set status = given.status, written_by = default
from unnest(cast(:emails as text[]), cast(:statuses as text[])) as given (email, status)
where c.email = given.email
  and c.status <> given.status
  and (given.status = 'unsubscribed' or c.status = 'active')

-- name: unmark_contacts
-- Gives the contacts with these addresses, if they have this status, the one that is left to them.
update contacts as c
set status = given.status, written_by = default
from unnest(cast(:emails as text[]), cast(:statuses as text[])) as given (email, status)
where c.email = given.email and c.status = :status and given.status <> :status
