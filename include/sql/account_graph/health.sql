-- How well accounts are cared for; scoring/health.py says why the parts are what they are.

-- name: account_health
-- The health of companies with active contacts, from :first_id to :last_id, of :company_ids only when given. Points, and
-- the totals from which on a status holds, are bound. Every part is divided once and last, and the total by itself, so
-- that what is rounded is exact.
with contact as not materialized (
    select id, company_id, engagement_score, is_decision_maker
    from contacts
    where status = 'active' and company_id between :first_id and :last_id
      and (cast(:company_ids as bigint[]) is null or company_id = any(cast(:company_ids as bigint[])))
),
counted as (
    select company_id, count(*) as contacts, sum(engagement_score) as engagement_total,
           count(*) filter (where is_decision_maker) as decision_makers
    from contact
    group by company_id
),
conversing as (
    select company_id, count(*) as active_conversations
    from conversations
    where status = 'active' and company_id between :first_id and :last_id
      and (cast(:company_ids as bigint[]) is null or company_id = any(cast(:company_ids as bigint[])))
    group by company_id
),
-- Each relationship once for a company with an active contact at one end, or at both.
related as (
    select company_id, count(*) as relationships
    from (
        select c.company_id
        from contact as c
        join relationships as r on r.contact_id_1 = c.id
        union all
        select c.company_id
        from contact as c
        join relationships as r on r.contact_id_2 = c.id
        join contacts as one on one.id = r.contact_id_1
        where (one.company_id, one.status) is distinct from (c.company_id, 'active')
    ) as ends
    group by company_id
),
account as (
    select company_id, contacts, engagement_total, decision_makers,
           coalesce(active_conversations, 0) as active_conversations, coalesce(relationships, 0) as relationships,
           cast(:engagement_points as numeric) * engagement_total / :highest_engagement as engaged,
           cast(:conversation_points as numeric) * least(coalesce(active_conversations, 0), contacts) as conversed,
           cast(:relationship_points as numeric) * least(coalesce(relationships, 0), contacts) as connected,
           case when decision_makers > 0 then cast(:decision_maker_points as numeric) else 0 end as decided
    from counted
    left join conversing using (company_id)
    left join related using (company_id)
),
scored as (
    select *, (engaged + conversed + connected) / contacts + decided as total from account
)
select company_id, round(engagement_total / cast(contacts as numeric), 2) as mean_engagement, contacts,
       active_conversations, relationships, decision_makers,
       round(engaged / contacts, 2) as engagement_points, round(conversed / contacts, 2) as conversation_points,
       round(connected / contacts, 2) as relationship_points, round(decided, 2) as decision_maker_points,
       round(total, 2) as total_score,
       case when total >= :excellent then 'excellent' when total >= :good then 'good' when total >= :fair then 'fair'
            when total >= :poor then 'poor' else 'critical' end as health_status
from scored
order by company_id
