-- What there is to learn from.

-- name: count_history
-- How much there is to learn from: research runs, and what users did.
select
    (select count(*) from prospect_intelligence_runs) as runs,
    (select count(*) from user_interactions) as interactions

-- name: count_examples
-- How many snapshots are old enough for their outcome to be known by :until.
select count(*) from account_feature_snapshots where as_of + cast(:horizon_days as integer) <= cast(:until as date)

-- name: training_examples
-- Snapshots whose outcome is known by :until, and whether there was one; accounts won before a snapshot are left out.
-- Snapshots hold what was known then. Outcomes count from the day they happened: they are what is to be foretold.
with outcome as materialized (
    select account_domain, interaction_type, created_at
    from user_interactions
    where interaction_type in ('meeting_booked', 'deal_won')
),
won as (
    select account_domain, min(created_at) as won_at
    from outcome
    where interaction_type = 'deal_won'
    group by account_domain
),
moment as (
    -- Days begin and end in UTC, whatever the time zone of the session.
    select
        as_of,
        cast(as_of as timestamp) at time zone 'UTC' as begins_at,
        cast(as_of + cast(:horizon_days as integer) as timestamp) at time zone 'UTC' as ends_at
    from (select distinct as_of from account_feature_snapshots) as snapshot
    where as_of + cast(:horizon_days as integer) <= cast(:until as date)
),
positive as (
    select distinct outcome.account_domain, moment.as_of
    from moment
    join outcome on outcome.created_at >= moment.begins_at and outcome.created_at < moment.ends_at
)
select
    s.account_domain, s.as_of, positive.account_domain is not null as has_outcome,
    s.icp_score, s.is_b2b_saas, s.has_modern_stack, s.technology_count, s.has_open_engineering_roles,
    s.engineering_role_count, s.total_open_roles, s.has_engineering_blog, s.employees_min, s.employees_max,
    s.has_funding, s.research_run_count, s.failed_run_count, s.last_research_at, s.sponsored_event_count,
    s.best_sponsor_tier_rank, s.last_sponsored_on, s.hiring_signal_count, s.funding_signal_count, s.last_signal_at,
    s.slots_filled, s.slots_open, s.company_briefing_count, s.person_briefing_count, s.icp_title_count,
    s.last_briefing_at, s.interaction_count, s.viewed_count, s.opened_research_count, s.contacted_count,
    s.meeting_booked_count, s.deal_lost_count, s.interaction_count_30d, s.interaction_count_90d, s.engaged_user_count,
    s.engagement_score, s.last_interaction_at, s.last_contacted_at, s.contact_count, s.decision_maker_contact_count,
    s.active_conversation_count, s.touchpoint_count_30d, s.touchpoint_count_90d, s.reply_count_30d, s.reply_count_90d,
    s.last_reply_at
from account_feature_snapshots as s
join moment using (as_of)
left join positive using (account_domain, as_of)
left join won on won.account_domain = s.account_domain and won.won_at < moment.begins_at
where won.account_domain is null
  -- A sample takes accounts as a whole, always the same ones.
  and abs(mod(hashtextextended(s.account_domain, 0), 10000)) < cast(:per_ten_thousand as integer)
order by s.account_domain, s.as_of
