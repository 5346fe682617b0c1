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

-- name: find_website
-- The website of an event: what is found there is the event's, and no sponsor's.
select website_url from events where id = :event_id
