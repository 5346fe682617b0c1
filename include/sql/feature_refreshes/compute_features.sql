-- The features of every target from what had happened before its moment and was known by then; nothing later is read.
-- Where a source does not say since when a row is known, that is since the row was created.
with research as (
    select t.account_domain, t.as_of, latest.*
    from feature_targets as t
    cross join lateral (
        select r.icp_score, r.priority_level, r.is_b2b_saas, r.has_modern_stack, r.technology_count,
               r.has_open_engineering_roles, r.engineering_role_count, r.total_open_roles, r.has_engineering_blog,
               r.employees_min, r.employees_max, r.has_funding, r.created_at as last_research_at
        from prospect_intelligence_runs as r
        where r.account_domain = t.account_domain and r.run_status = 'success'
          and r.created_at < t.as_of and r.known_at < t.known_before
        order by r.created_at desc, r.recorded_at, r.run_key
        limit 1
    ) as latest
),
runs as (
    select t.account_domain, t.as_of,
           count(*) filter (where r.run_status = 'success') as research_run_count,
           count(*) filter (where r.run_status <> 'success') as failed_run_count
    from feature_targets as t
    join prospect_intelligence_runs as r
        on r.account_domain = t.account_domain and r.created_at < t.as_of and r.known_at < t.known_before
    group by t.account_domain, t.as_of
),
sponsored as (
    select t.account_domain, t.as_of,
           count(*) as sponsored_event_count,
           -- A tier or a day that changed later was not known then.
           min(s.tier_rank) filter (where s.updated_at < t.as_of) as best_sponsor_tier_rank,
           max(e.start_dt) filter (where e.dates_recorded_at is null or e.dates_recorded_at < t.as_of)
               as last_sponsored_on
    from feature_targets as t
    join event_sponsors as s on s.company_id = t.company_id and s.created_at < t.as_of and not s.is_past_sponsor
    join events as e on e.id = s.event_id
    group by t.account_domain, t.as_of
),
signalled as (
    select t.account_domain, t.as_of,
           count(*) filter (where g.type = 'hiring') as hiring_signal_count,
           count(*) filter (where g.type = 'funding') as funding_signal_count,
           max(n.created_at) as last_signal_at
    from feature_targets as t
    join signal_execution_entities as n
        on n.entity_type = 'company' and n.entity_id = t.company_id and n.created_at < t.as_of
    join signal_executions as x on x.id = n.execution_id
    join signals as g on g.id = x.signal_id and g.type in ('hiring', 'funding')
    group by t.account_domain, t.as_of
),
seats as (
    select t.account_domain, t.as_of,
           count(*) filter (where latest.status = 'filled') as slots_filled,
           count(*) filter (where latest.status = 'open') as slots_open
    from feature_targets as t
    cross join unnest(cast(:slot_types as text[])) as seat (slot_type)
    cross join lateral (
        select s.transition, s.status
        from slot_transitions as s
        where s.company_slot_unique_id = slot_unique_id(t.company_unique_id, seat.slot_type) and s.changed_at < t.as_of
        order by s.id desc
        limit 1
    ) as latest
    where t.company_unique_id is not null and latest.transition <> 'removed'
    group by t.account_domain, t.as_of
),
briefed as (
    select t.account_domain, t.as_of,
           count(*) as company_briefing_count,
           max(least(b.researched_at, b.created_at)) as last_company_briefing_at
    from feature_targets as t
    join company_intel_briefings as b on b.company_domain = t.account_domain and b.created_at < t.as_of
    group by t.account_domain, t.as_of
),
people_briefed as (
    select t.account_domain, t.as_of,
           count(distinct b.id) as person_briefing_count,
           max(least(b.researched_at, b.created_at)) as last_person_briefing_at
    from feature_targets as t
    join company_person_roles as r
        on r.company_id = t.company_id and r.created_at < t.as_of and (r.is_current or r.ended_recorded_at >= t.as_of)
    join persons as p
        on p.id = r.person_id and (p.linkedin_recorded_at is null or p.linkedin_recorded_at < t.as_of)
    join person_intel_briefings as b on b.person_linkedin_url = p.linkedin_url and b.created_at < t.as_of
    group by t.account_domain, t.as_of
),
titles as (
    select t.account_domain, t.as_of, count(*) as icp_title_count
    from feature_targets as t
    join extracted_icp_job_title_details as d on d.company_domain = t.account_domain and d.created_at < t.as_of
    group by t.account_domain, t.as_of
),
engaged as (
    select account_domain, as_of,
           sum(interactions) as interaction_count,
           sum(viewed) as viewed_count,
           sum(opened) as opened_research_count,
           sum(contacted) as contacted_count,
           sum(booked) as meeting_booked_count,
           sum(won) as deal_won_count,
           sum(lost) as deal_lost_count,
           sum(within_30d) as interaction_count_30d,
           sum(within_90d) as interaction_count_90d,
           count(*) as engaged_user_count,
           max(last_interaction_at) as last_interaction_at,
           max(last_contacted_at) as last_contacted_at
    from (
        select t.account_domain, t.as_of, i.user_id,
               count(*) as interactions,
               count(*) filter (where i.interaction_type = 'viewed') as viewed,
               count(*) filter (where i.interaction_type = 'opened_research') as opened,
               count(*) filter (where i.interaction_type = 'contacted') as contacted,
               count(*) filter (where i.interaction_type = 'meeting_booked') as booked,
               count(*) filter (where i.interaction_type = 'deal_won') as won,
               count(*) filter (where i.interaction_type = 'deal_lost') as lost,
               count(*) filter (where i.created_at >= t.as_of - interval '30 days') as within_30d,
               count(*) filter (where i.created_at >= t.as_of - interval '90 days') as within_90d,
               max(i.created_at) as last_interaction_at,
               max(i.created_at) filter (
                   where i.interaction_type in ('contacted', 'meeting_booked', 'deal_won', 'deal_lost')
               ) as last_contacted_at
        from feature_targets as t
        join user_interactions as i
            on i.account_domain = t.account_domain and i.created_at < t.as_of and i.known_at < t.known_before
        group by t.account_domain, t.as_of, i.user_id
    ) as by_user
    group by account_domain, as_of
),
-- Contacts and touchpoints count from when they were on record, also those that were entered later.
acquainted as (
    select t.account_domain, t.as_of,
           count(*) as contact_count,
           count(*) filter (where k.decision_maker_since < t.as_of) as decision_maker_contact_count
    from feature_targets as t
    join contacts as k on k.company_id = t.company_id and k.company_since < t.as_of
    group by t.account_domain, t.as_of
),
conversing as (
    select t.account_domain, t.as_of, count(*) filter (where latest.status = 'active') as active_conversation_count
    from feature_targets as t
    cross join lateral (
        select distinct on (h.conversation_id) h.status
        from (
            -- History keeps the company that a conversation was with before that was merged.
            select t.company_id as id
            union all
            select merged.id from companies as merged where merged.merged_into_id = t.company_id
        ) as member
        join conversation_transitions as h on h.company_id = member.id
        where h.changed_at < t.as_of
        order by h.conversation_id, h.id desc
    ) as latest
    where latest.status is not null
    group by t.account_domain, t.as_of
),
touched as (
    select t.account_domain, t.as_of,
           count(*) filter (where is_known_sending and p.sent_at >= t.as_of - interval '30 days')
               as touchpoint_count_30d,
           count(*) filter (where is_known_sending and p.sent_at >= t.as_of - interval '90 days')
               as touchpoint_count_90d,
           count(*) filter (where is_known_reply and p.responded_at >= t.as_of - interval '30 days') as reply_count_30d,
           count(*) filter (where is_known_reply and p.responded_at >= t.as_of - interval '90 days') as reply_count_90d,
           max(p.responded_at) filter (where is_known_reply) as last_reply_at
    from feature_targets as t
    join conversations as v on v.company_id = t.company_id
    join touchpoints as p on p.conversation_id = v.id and p.created_at < t.as_of
    cross join lateral (
        select p.responded_at < t.as_of and p.response_recorded_at < t.as_of,
               p.sent_at < t.as_of and coalesce(p.sent_recorded_at, p.created_at) < t.as_of
    ) as known (is_known_reply, is_known_sending)
    group by t.account_domain, t.as_of
)
insert into computed_features (
    account_domain, as_of, company_name, icp_score, priority_level, is_b2b_saas, has_modern_stack, technology_count,
    has_open_engineering_roles, engineering_role_count, total_open_roles, has_engineering_blog, employees_min,
    employees_max, has_funding, last_research_at, research_run_count, failed_run_count, sponsored_event_count,
    best_sponsor_tier_rank, last_sponsored_on, hiring_signal_count, funding_signal_count, last_signal_at, slots_filled,
    slots_open, company_briefing_count, person_briefing_count, icp_title_count, last_briefing_at, interaction_count,
    viewed_count, opened_research_count, contacted_count, meeting_booked_count, deal_won_count, deal_lost_count,
    interaction_count_30d, interaction_count_90d, engaged_user_count, engagement_score, last_interaction_at,
    last_contacted_at, contact_count, decision_maker_contact_count, active_conversation_count, touchpoint_count_30d,
    touchpoint_count_90d, reply_count_30d, reply_count_90d, last_reply_at, is_known
)
select
    t.account_domain, cast(t.as_of at time zone 'UTC' as date), t.company_name, research.icp_score,
    research.priority_level, research.is_b2b_saas, research.has_modern_stack, research.technology_count,
    research.has_open_engineering_roles, research.engineering_role_count, research.total_open_roles,
    research.has_engineering_blog, research.employees_min, research.employees_max, research.has_funding,
    research.last_research_at, coalesce(research_run_count, 0), coalesce(failed_run_count, 0),
    coalesce(sponsored_event_count, 0), best_sponsor_tier_rank, last_sponsored_on, coalesce(hiring_signal_count, 0),
    coalesce(funding_signal_count, 0), last_signal_at, coalesce(slots_filled, 0), coalesce(slots_open, 0),
    coalesce(company_briefing_count, 0), coalesce(person_briefing_count, 0), coalesce(icp_title_count, 0),
    greatest(last_company_briefing_at, last_person_briefing_at), coalesce(interaction_count, 0),
    coalesce(viewed_count, 0), coalesce(opened_research_count, 0), coalesce(contacted_count, 0),
    coalesce(meeting_booked_count, 0), coalesce(deal_won_count, 0), coalesce(deal_lost_count, 0),
    coalesce(interaction_count_30d, 0), coalesce(interaction_count_90d, 0), coalesce(engaged_user_count, 0),
    -- The mean weight of the account's interactions.
    coalesce(round(
        (:viewed_weight * viewed_count + :opened_research_weight * opened_research_count
         + :contacted_weight * contacted_count + :meeting_booked_weight * meeting_booked_count
         + :deal_won_weight * deal_won_count + :deal_lost_weight * deal_lost_count)
        / nullif(interaction_count, 0), 3), 0),
    last_interaction_at, last_contacted_at, coalesce(contact_count, 0), coalesce(decision_maker_contact_count, 0),
    coalesce(active_conversation_count, 0), coalesce(touchpoint_count_30d, 0), coalesce(touchpoint_count_90d, 0),
    coalesce(reply_count_30d, 0), coalesce(reply_count_90d, 0), last_reply_at,
    num_nonnulls(runs.as_of, sponsored.as_of, signalled.as_of, briefed.as_of, titles.as_of, engaged.as_of,
                 acquainted.as_of, conversing.as_of, touched.as_of) > 0
from feature_targets as t
left join research using (account_domain, as_of)
left join runs using (account_domain, as_of)
left join sponsored using (account_domain, as_of)
left join signalled using (account_domain, as_of)
left join seats using (account_domain, as_of)
left join briefed using (account_domain, as_of)
left join people_briefed using (account_domain, as_of)
left join titles using (account_domain, as_of)
left join engaged using (account_domain, as_of)
left join acquainted using (account_domain, as_of)
left join conversing using (account_domain, as_of)
left join touched using (account_domain, as_of)
