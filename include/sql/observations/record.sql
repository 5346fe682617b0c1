-- Where facts are from.

-- name: see_again
-- What was seen before was seen again: on a later day, or now with evidence that was read.
with given as (
    select distinct on (event_id, company_id, person_id, company_signal_id, fingerprint) *
    from jsonb_to_recordset(cast(:rows as jsonb)) as r (
        event_id bigint, company_id bigint, person_id bigint, company_signal_id bigint, fingerprint text,
        source_date date, evidence text, is_verified boolean, seen_on date, call_id bigint
    )
    order by event_id, company_id, person_id, company_signal_id, fingerprint, is_verified desc
),
seen as materialized (
    select o.id, given.source_date, given.evidence, given.is_verified, given.seen_on, given.call_id
    from given
    join observations as o
        on o.fingerprint = given.fingerprint
        and (
            o.event_id = given.event_id
            or o.company_id = given.company_id
            or o.person_id = given.person_id
            or o.company_signal_id = given.company_signal_id
        )
    where given.seen_on > o.seen_on or (given.is_verified and not o.is_verified)
    order by o.id
    for no key update of o
)
update observations as o
set seen_on = greatest(o.seen_on, seen.seen_on),
    is_verified = o.is_verified or seen.is_verified,
    evidence = case when seen.is_verified and not o.is_verified then seen.evidence else o.evidence end,
    call_id = case when seen.is_verified and not o.is_verified then seen.call_id else o.call_id end,
    source_date = coalesce(o.source_date, seen.source_date),
    written_by = default
from seen
where o.id = seen.id

-- name: insert_new
-- Records what was not seen before. Whoever records the same at this moment is waited for.
insert into observations (
    event_id, company_id, person_id, company_signal_id, field, value, source_url, source_date, evidence, is_verified,
    seen_on, call_id, fingerprint
)
select r.event_id, r.company_id, r.person_id, r.company_signal_id, r.field, r.value, r.source_url, r.source_date,
       r.evidence, coalesce(r.is_verified, false), r.seen_on, (select id from agent_calls where id = r.call_id),
       r.fingerprint
from jsonb_to_recordset(cast(:rows as jsonb)) as r (
    event_id bigint, company_id bigint, person_id bigint, company_signal_id bigint, field text, value text,
    source_url text, source_date date, evidence text, is_verified boolean, seen_on date, call_id bigint,
    fingerprint text
)
order by r.event_id, r.company_id, r.person_id, r.company_signal_id, r.fingerprint, r.is_verified desc
on conflict do nothing

-- name: of_subject
-- Where the facts of one event, company, person or company signal are from: the latest seen first.
select field, value, source_url, source_date, evidence, is_verified, seen_on, call_id, written_by
from observations
where (cast(:event_id as bigint) is not null and event_id = :event_id)
   or (cast(:company_id as bigint) is not null and company_id = :company_id)
   or (cast(:person_id as bigint) is not null and person_id = :person_id)
   or (cast(:company_signal_id as bigint) is not null and company_signal_id = :company_signal_id)
order by seen_on desc, field, id
