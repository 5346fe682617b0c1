-- Who sponsors an event.

-- name: upsert_sponsors
-- Who sponsors what: the best tier counts, every tier is kept word for word. :rows is a JSON array. A company that was
-- merged is the one it was merged into.
with wanted as (
    select
        event_id,
        coalesce(c.merged_into_id, r.company_id) as company_id,
        (array_agg(tier order by tier_rank nulls last, ordinal) filter (where tier is not null))[1] as tier,
        min(tier_rank) filter (where tier is not null) as tier_rank,
        coalesce(array_agg(distinct tier_label) filter (where tier_label is not null), '{}') as tier_labels
    from json_to_recordset(cast(:rows as json)) as r (
        ordinal integer, event_id bigint, company_id bigint, tier text, tier_rank smallint, tier_label text
    )
    left join companies as c on c.id = r.company_id
    group by event_id, coalesce(c.merged_into_id, r.company_id)
)
insert into event_sponsors (event_id, company_id, sponsor_tier, tier_rank, tier_labels, source_system)
select event_id, company_id, tier, tier_rank, tier_labels, :source_system
from wanted
order by event_id, company_id
on conflict (event_id, company_id) do update
set sponsor_tier = case
        when event_sponsors.tier_rank is null or excluded.tier_rank < event_sponsors.tier_rank
            then coalesce(excluded.sponsor_tier, event_sponsors.sponsor_tier)
        else event_sponsors.sponsor_tier
    end,
    tier_rank = least(event_sponsors.tier_rank, excluded.tier_rank),
    tier_labels = (
        select array_agg(distinct label order by label)
        from unnest(event_sponsors.tier_labels || excluded.tier_labels) as label
    ),
    written_by = excluded.written_by,
    updated_at = now()
where excluded.tier_rank < event_sponsors.tier_rank
   or (event_sponsors.tier_rank is null and excluded.tier_rank is not null)
   or not excluded.tier_labels <@ event_sponsors.tier_labels

-- name: drop_past_sponsors
-- This edition has a list of its own: it takes over from the sponsors of earlier ones.
delete from event_sponsors where event_id = :event_id and is_past_sponsor

-- name: upsert_past_sponsors
-- Sponsors of earlier editions (:rows, a JSON array), for an event that is not over on :today and has no sponsors of its
-- own. Of a company the latest edition counts, and its best tier there.
with wanted as (
    select distinct on (coalesce(c.merged_into_id, c.id))
        coalesce(c.merged_into_id, c.id) as company_id, r.year, r.tier, r.tier_rank, r.tier_label
    from json_to_recordset(cast(:rows as json)) as r (
        ordinal integer, company_id bigint, year smallint, tier text, tier_rank smallint, tier_label text
    )
    join companies as c on c.id = r.company_id
    order by coalesce(c.merged_into_id, c.id), r.year desc nulls last, r.tier_rank nulls last, r.ordinal
)
insert into event_sponsors (
    event_id, company_id, sponsor_tier, tier_rank, tier_labels, is_past_sponsor, past_year, source_system
)
select e.id, w.company_id, w.tier, w.tier_rank, array_remove(array[w.tier_label], null), true, w.year, :source_system
from events as e
cross join wanted as w
where e.id = :event_id
  and coalesce(e.end_dt, e.start_dt) >= cast(:today as date)
  and not exists (select from event_sponsors as own where own.event_id = e.id and not own.is_past_sponsor)
order by w.company_id
on conflict (event_id, company_id) do update
set sponsor_tier = excluded.sponsor_tier, tier_rank = excluded.tier_rank, tier_labels = excluded.tier_labels,
    past_year = excluded.past_year, written_by = excluded.written_by, updated_at = now()
where event_sponsors.is_past_sponsor and excluded.past_year > coalesce(event_sponsors.past_year, 0)
returning company_id

-- name: may_have_past_sponsors
-- Whether an event is not over on :today and has no sponsors of its own.
select coalesce(
    coalesce(e.end_dt, e.start_dt) >= cast(:today as date)
    and not exists (select from event_sponsors as own where own.event_id = e.id and not own.is_past_sponsor),
    false
)
from events as e
where e.id = :event_id

-- name: without_sponsors
-- Events of an execution that are not over on :today and have no sponsors of their own, in the order of their ids.
select e.id, e.name_key, e.website_url, e.start_dt, e.city_id
from signal_execution_entities as x
join events as e on e.id = x.entity_id
where x.execution_id = :execution_id
  and x.entity_type = 'event'
  and coalesce(e.end_dt, e.start_dt) >= cast(:today as date)
  and not exists (select from event_sponsors as own where own.event_id = e.id and not own.is_past_sponsor)
order by e.id

-- name: possible_editions
-- Events that may be editions of others: of one of the :name_keys, or with a website like one of :websites; begun on
-- :since or later. Which of them are is for the caller to tell.
select e.id, e.name_key, e.website_url, e.start_dt, e.city_id,
       exists (select from event_sponsors as s where s.event_id = e.id and not s.is_past_sponsor) as has_sponsors
from events as e
where e.start_dt >= cast(:since as date)
  and (e.name_key = any(cast(:name_keys as text[])) or e.website_url like any(cast(:websites as text[])))
order by e.id

-- name: link_past_sponsors
-- The sponsors of earlier editions belong to what an execution found, with its events.
insert into signal_execution_entities (execution_id, entity_type, entity_id, is_new)
select distinct x.execution_id, 'company', s.company_id, false
from signal_execution_entities as x
join event_sponsors as s on s.event_id = x.entity_id and s.is_past_sponsor
where x.execution_id = :execution_id and x.entity_type = 'event'
order by s.company_id
on conflict (execution_id, entity_type, entity_id) do nothing

-- name: sponsors_of
-- Who sponsored :event_ids themselves, with the year.
select s.company_id, cast(extract(year from e.start_dt) as integer) as year, s.sponsor_tier as tier, s.tier_rank,
       s.tier_labels[1] as tier_label, s.event_id
from event_sponsors as s
join events as e on e.id = s.event_id
where s.event_id = any(cast(:event_ids as bigint[])) and not s.is_past_sponsor
order by e.start_dt desc, s.tier_rank nulls last, s.company_id

-- name: lock_events
-- Whoever writes the sponsors of these events waits until the transaction ends.
select id from events where id = any(cast(:ids as bigint[])) order by id for no key update

-- name: find_website
-- The website of an event: what is found there is the event's, and no sponsor's. Locks the event, as lock_events does.
select website_url from events where id = :event_id for no key update
