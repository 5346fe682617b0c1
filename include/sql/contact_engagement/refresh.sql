-- How much contacts have to do with us, from what they did.

-- name: refresh_engagement
-- Scores the contacts of a chunk of accounts (account 0: those without a company), and writes the scores that differ.
-- What happened after :as_of counts for nothing. Ages count back from :day_began_at, the start of its day, so that a
-- second run of the day finds the same; what happened since then is not older than nothing.
with chosen as materialized (
    select id
    from contacts
    where (
              company_id between :first_id and :last_id
              or (cast(:first_id as bigint) <= 0 and company_id is null)
          )
      and (cast(:company_ids as bigint[]) is null or company_id = any(cast(:company_ids as bigint[])))
),
act as (
    select v.contact_id, a.weight, a.occurred_at
    from chosen
    join conversations as v on v.contact_id = chosen.id
    join touchpoints as t on t.conversation_id = v.id
    cross join lateral (
        values
            (cast(:opened as double precision), case when t.direction = 'outbound' then t.opened_at end),
            (:clicked, case when t.direction = 'outbound' then t.clicked_at end),
            -- An answer that has a message of its own counts as that.
            (
                :replied,
                case
                    when t.direction = 'outbound' and t.replied_at is not null and not exists (
                        select from touchpoints as r where r.in_reply_to_id = t.id and r.conversation_id = v.id
                    )
                        then t.replied_at
                end
            ),
            (
                :inbound,
                case
                    when t.direction = 'inbound' and t.channel <> 'meeting'
                        then coalesce(
                            t.sent_at, t.delivered_at, t.replied_at,
                            case when t.scheduled_for is null then t.created_at end
                        )
                end
            ),
            (
                :answered_call,
                case
                    when t.direction = 'outbound' and t.channel = 'call' and t.call_duration_seconds > 0
                        then coalesce(t.sent_at, t.delivered_at, t.created_at)
                end
            ),
            -- A meeting that was only planned, or fell through, is none; nor is one that is still to come.
            (
                :meeting,
                case
                    when t.channel = 'meeting' and t.failed_at is null and t.bounced_at is null
                        then greatest(t.sent_at, case when t.sent_at is not null then t.scheduled_for end)
                end
            )
    ) as a (weight, occurred_at)
    where a.occurred_at <= :as_of
    union all
    -- Others at a meeting.
    select p.contact_id, :meeting, greatest(t.sent_at, t.scheduled_for)
    from chosen
    join touchpoint_participants as p on p.contact_id = chosen.id
    join touchpoints as t on t.id = p.touchpoint_id
    join conversations as v on v.id = t.conversation_id and v.contact_id <> p.contact_id
    where t.channel = 'meeting' and t.sent_at is not null and t.failed_at is null and t.bounced_at is null
      and greatest(t.sent_at, t.scheduled_for) <= :as_of
),
scored as (
    -- Shares in -ln(1 - score / 100) add up. Without bounds, what is ages old and what is beyond any doubt would be
    -- numbers that double precision does not have.
    select contact_id,
           floor(
               round(
                   cast(100 * (1 - exp(greatest(sum(ln(1 - weight * power(2, -least(age, 40000) / :half_life_days))), -700)))
                        as numeric),
                   :noise_places
               ) + 0.5
           ) as score
    from (
        select contact_id, weight,
               greatest(date_part('epoch', cast(:day_began_at as timestamptz) - occurred_at) / 86400, 0) as age
        from act
    ) as aged
    group by contact_id
),
changed as materialized (
    select c.id, cast(coalesce(s.score, 0) as integer) as score
    from chosen
    join contacts as c on c.id = chosen.id
    left join scored as s on s.contact_id = chosen.id
    where c.engagement_score <> coalesce(s.score, 0)
    order by c.id
    for no key update of c
)
update contacts as c
set engagement_score = changed.score, written_by = default
from changed
where c.id = changed.id
