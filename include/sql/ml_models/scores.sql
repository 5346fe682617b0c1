-- What the model in use says of accounts.

-- name: scorable_accounts
-- The features of all accounts as they are now; won accounts need no probability.
select
    account_domain, icp_score, is_b2b_saas, has_modern_stack, technology_count, has_open_engineering_roles,
    engineering_role_count, total_open_roles, has_engineering_blog, employees_min, employees_max, has_funding,
    research_run_count, failed_run_count, last_research_at, sponsored_event_count, best_sponsor_tier_rank,
    last_sponsored_on, hiring_signal_count, funding_signal_count, last_signal_at, slots_filled, slots_open,
    company_briefing_count, person_briefing_count, icp_title_count, last_briefing_at, interaction_count, viewed_count,
    opened_research_count, contacted_count, meeting_booked_count, deal_lost_count, interaction_count_30d,
    interaction_count_90d, engaged_user_count, engagement_score, last_interaction_at, last_contacted_at, contact_count,
    decision_maker_contact_count, active_conversation_count, touchpoint_count_30d, touchpoint_count_90d,
    reply_count_30d, reply_count_90d, last_reply_at
from account_signals
where deal_won_count = 0
order by account_domain

-- name: save_scores
-- Probabilities and reasons of a batch of accounts; what has not changed stays untouched.
insert into account_scores as known (account_domain, model_id, probability, reasons)
select score.account_domain, :model_id, score.probability, score.reasons
from jsonb_to_recordset(cast(:scores as jsonb)) as score (
    account_domain text, probability numeric(6, 5), reasons text[]
)
join accounts using (account_domain)
order by score.account_domain
on conflict (account_domain) do update
set model_id = excluded.model_id,
    probability = excluded.probability,
    reasons = excluded.reasons,
    updated_at = now(),
    written_by = excluded.written_by
where (known.model_id, known.probability, known.reasons)
    is distinct from (excluded.model_id, excluded.probability, excluded.reasons)

-- name: forget_scores
-- Removes scores by models that are not in use, and of accounts that are not scored any more: won, or without features.
delete from account_scores as score
where score.model_id is distinct from cast(:model_id as bigint)
   or not exists (
       select from account_signals as account
       where account.account_domain = score.account_domain and account.deal_won_count = 0
   )
