-- Names that mean another company than before, since more is known: what was found by such a name alone follows it.

-- name: names_of
-- The names that companies (:ids) are found by.
select name_key from companies where id = any (cast(:ids as bigint []))

-- name: merge_nameless
-- A company known by a name alone is the company (:rows, a JSON array of objects) that came with that name and its own
-- domain. It leads there from now on. Returns both ids.
with target as (
    select name_key, company_id from json_to_recordset(cast(:rows as json)) as r (name_key text, company_id bigint)
),
merged as (
    update companies as c
    set merged_into_id = target.company_id, updated_at = now(), written_by = default
    from target
    where c.name_key = target.name_key
      and c.domain is null
      and c.merged_into_id is null
      and c.id <> target.company_id
    returning c.id, c.name_key, c.merged_into_id
),
recorded as (
    insert into merge_candidates (entity_type, left_id, right_id, reason, evidence, status)
    select 'company', least(id, merged_into_id), greatest(id, merged_into_id), 'same_name_domain_unknown',
           jsonb_build_object('name_key', name_key), 'merged'
    from merged
    on conflict (entity_type, left_id, right_id) do update set status = 'merged', evidence = excluded.evidence
)
select id, merged_into_id from merged

-- name: lead_on
-- Companies that led to one that has just been merged (:rows, a JSON array of objects) lead where that leads.
update companies as c
set merged_into_id = r.target_id, updated_at = now(), written_by = default
from json_to_recordset(cast(:rows as json)) as r (company_id bigint, target_id bigint)
where c.merged_into_id = r.company_id and c.id <> r.target_id

-- name: take_sponsorships
-- Sponsorships found by names alone (:rows, a JSON array of objects) that are not those of the company meant.
delete from event_sponsors as s
using json_to_recordset(cast(:rows as json)) as r (name_key text, company_id bigint)
where s.named_only = r.name_key and s.company_id <> r.company_id
returning s.event_id, s.company_id, r.company_id as target_id, s.sponsor_tier as tier, s.tier_rank, s.tier_labels,
          s.named_only, s.source_system, s.created_at

-- name: give_sponsorships
-- The same sponsorships (:rows, a JSON array of objects), now of the company meant.
insert into event_sponsors (
    event_id, company_id, sponsor_tier, tier_rank, tier_labels, named_only, source_system, created_at
)
select
    event_id, target_id, (array_agg(tier order by tier_rank, tier))[1], min(tier_rank),
    coalesce((
        select array_agg(distinct label order by label)
        from json_to_recordset(cast(:rows as json)) as one (event_id bigint, target_id bigint, tier_labels text [])
        cross join unnest(one.tier_labels) as label
        where one.event_id = r.event_id and one.target_id = r.target_id
    ), '{}'),
    min(named_only), min(source_system), min(created_at)
from json_to_recordset(cast(:rows as json)) as r (
    event_id bigint, target_id bigint, tier text, tier_rank smallint, named_only text, source_system text,
    created_at timestamptz
)
group by event_id, target_id
order by event_id, target_id
on conflict (event_id, company_id) do update
set sponsor_tier = case
        when (event_sponsors.tier_rank, event_sponsors.sponsor_tier) <= (excluded.tier_rank, excluded.sponsor_tier)
            then event_sponsors.sponsor_tier
        else coalesce(excluded.sponsor_tier, event_sponsors.sponsor_tier)
    end,
    tier_rank = least(event_sponsors.tier_rank, excluded.tier_rank),
    tier_labels = (
        select coalesce(array_agg(distinct label order by label), '{}')
        from unnest(event_sponsors.tier_labels || excluded.tier_labels) as label
    ),
    created_at = least(event_sponsors.created_at, excluded.created_at),
    written_by = excluded.written_by,
    updated_at = now()

-- name: link_entities
-- Executions that found a company which was not the one meant, by an event, or which has been merged (:rows, a JSON array
-- of objects), have found the one meant.
with moved as (
    select company_id, target_id, event_id
    from json_to_recordset(cast(:rows as json)) as r (company_id bigint, target_id bigint, event_id bigint)
),
found as (
    select distinct x.execution_id, moved.company_id, moved.target_id, x.is_new, moved.event_id is null as is_merged
    from moved
    join signal_execution_entities as x on x.entity_type = 'company' and x.entity_id = moved.company_id
    where moved.event_id is null
       or exists (
           select
           from signal_execution_entities as e
           where e.execution_id = x.execution_id and e.entity_type = 'event' and e.entity_id = moved.event_id
       )
),
linked as (
    insert into signal_execution_entities (execution_id, entity_type, entity_id, is_new)
    select execution_id, 'company', target_id, bool_and(is_new and is_merged)
    from found
    group by execution_id, target_id
    order by execution_id, target_id
    on conflict do nothing
)
delete from signal_execution_entities as x
using found
where found.is_merged
  and x.execution_id = found.execution_id
  and x.entity_type = 'company'
  and x.entity_id = found.company_id
