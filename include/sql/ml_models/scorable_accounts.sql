-- The features of all accounts as they are now; won accounts need no probability.
select
    account_domain, icp_score, is_b2b_saas, has_modern_stack, technology_count, has_open_engineering_roles,
    engineering_role_count, total_open_roles, has_engineering_blog, employees_min, employees_max, has_funding,
    research_run_count, failed_run_count, last_research_at, sponsored_event_count, best_sponsor_tier_rank,
    last_sponsored_on, hiring_signal_count, funding_signal_count, last_signal_at, slots_filled, slots_open,
    company_briefing_count, person_briefing_count, icp_title_count, last_briefing_at, interaction_count, viewed_count,
    opened_research_count, contacted_count, meeting_booked_count, deal_lost_count, interaction_count_30d,
    interaction_count_90d, engaged_user_count, engagement_score, last_interaction_at, last_contacted_at
from account_signals
where deal_won_count = 0
order by account_domain
