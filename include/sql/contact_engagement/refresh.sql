-- How much contacts have to do with us, from what they did.

-- name: refresh_engagement
-- Scores the contacts of a chunk of accounts (account 0: those without a company), and writes the scores that differ.
-- What happened after :as_of counts for nothing. Ages count back from :day_began_at, the start of its day, so that a
-- second run of the day finds the same; what happened since then is not older than nothing.
with chosen as materialized (
    select id, engagement_score
    from contacts
    where (
              company_id between :first_id and :last_id
              or (cast(:first_id as bigint) <= 0 and company_id is null)
          )
      and (cast(:company_ids as bigint[]) is null or company_id = any(cast(:company_ids as bigint[])))
),
touched as materialized (
    select v.contact_id, t.id, t.conversation_id, t.channel, t.direction = 'outbound' as is_ours, t.sent_at,
           t.delivered_at, t.opened_at, t.clicked_at, t.replied_at, t.scheduled_for, t.created_at,
           t.call_duration_seconds, num_nonnulls(t.failed_at, t.bounced_at) > 0 as fell_through
    from chosen
    join conversations as v on v.contact_id = chosen.id
    join touchpoints as t on t.conversation_id = v.id
    -- Most messages are never answered.
    where t.direction = 'inbound' or t.channel in ('call', 'meeting')
       or num_nonnulls(t.opened_at, t.clicked_at, t.replied_at) > 0
),
act as (
    select contact_id, cast(:opened as double precision) as weight, opened_at as occurred_at
    from touched
    where is_ours and opened_at is not null
    union all
    select contact_id, :clicked, clicked_at from touched where is_ours and clicked_at is not null
    union all
    -- An answer that has a message of its own counts as that.
    select contact_id, :replied, replied_at
    from touched as t
    where is_ours
      and replied_at is not null
      and not exists (
          select from touchpoints as r where r.in_reply_to_id = t.id and r.conversation_id = t.conversation_id
      )
    union all
    select contact_id, :inbound,
           coalesce(sent_at, delivered_at, replied_at, case when scheduled_for is null then created_at end)
    from touched
    where not is_ours and channel <> 'meeting'
    union all
    select contact_id, :answered_call, coalesce(sent_at, delivered_at, created_at)
    from touched
    where is_ours and channel = 'call' and call_duration_seconds > 0
    union all
    -- A meeting that was only planned, or fell through, is none; nor is one that is still to come.
    select contact_id, :meeting, greatest(sent_at, scheduled_for)
    from touched
    where channel = 'meeting' and sent_at is not null and not fell_through
    union all
    -- Others at a meeting.
    select p.contact_id, :meeting, greatest(t.sent_at, t.scheduled_for)
    from chosen
    join touchpoint_participants as p on p.contact_id = chosen.id
    join touchpoints as t on t.id = p.touchpoint_id
    join conversations as v on v.id = t.conversation_id and v.contact_id <> p.contact_id
    where t.channel = 'meeting' and t.sent_at is not null and num_nonnulls(t.failed_at, t.bounced_at) = 0
),
scored as (
    -- Shares in -ln(1 - score / 100) add up. Without bounds, what is ages old and what is beyond any doubt would be
    -- numbers that double precision does not have.
    select contact_id,
           cast(floor(round(cast(100 * (1 - exp(greatest(sum(share), -700))) as numeric), :noise_places) + 0.5) as integer)
               as score
    from (
        select contact_id, ln(1 - weight * power(2, -least(greatest(age, 0), 40000) / :half_life_days)) as share
        from (
            select contact_id, weight,
                   date_part('epoch', cast(:day_began_at as timestamptz) - occurred_at) / 86400 as age
            from act
            where occurred_at <= :as_of
        ) as aged
    ) as shared
    group by contact_id
),
changed as materialized (
    select c.id, other.score
    from (
        select chosen.id, coalesce(s.score, 0) as score
        from chosen
        left join scored as s on s.contact_id = chosen.id
        where chosen.engagement_score <> coalesce(s.score, 0)
    ) as other
    join contacts as c on c.id = other.id
    order by c.id
    for no key update of c
)
update contacts as c
set engagement_score = changed.score, written_by = default
from changed
where c.id = changed.id
