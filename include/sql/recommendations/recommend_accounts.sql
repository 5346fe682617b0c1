-- The accounts to recommend on a day: those left alone are excluded, the rest ranked, and some places drawn at random.
with
-- Read once: as often as it is used, otherwise.
kin as materialized (
    select account_domain, other_domain from account_kin
),
left_alone as materialized (
    select s.account_domain
    from account_suppressions as s
    where s.suppressed_until is null or s.suppressed_until > cast(:as_of as timestamptz)
    union
    select kin.account_domain
    from account_suppressions as s
    join kin on kin.other_domain = s.account_domain
    where s.suppressed_until is null or s.suppressed_until > cast(:as_of as timestamptz)
),
scored as (
    select s.account_domain, s.model_id, s.probability, s.reasons
    from account_scores as s
    join ml_models as m on m.id = s.model_id and m.status = 'promoted'
),
beginning as (
    select not exists (select from ml_models where status = 'promoted')
       and not exists (select from user_interactions where created_at < cast(:as_of as timestamptz)) as is_cold
),
eligible as (
    select
        a.account_domain,
        round(coalesce(
            scored.probability,
            avg(scored.probability) over (partition by a.icp_score),
            avg(scored.probability) over (),
            a.icp_score / 10.0,
            0
        ), 5) as score,
        case when scored.probability is not null then 'model'
             when avg(scored.probability) over (partition by a.icp_score) is not null then 'same_icp_score'
             when avg(scored.probability) over () is not null then 'all_scores'
             else 'icp_score' end as scored_by,
        coalesce(is_cold and a.has_open_engineering_roles and a.icp_score >= 7, false) as is_promising,
        case when is_cold then a.engineering_role_count end as engineering_role_count,
        -- Ranks as the strength of engagement does (scoring.engagement), without its underflow.
        :viewed_strength * a.viewed_count + :opened_research_strength * a.opened_research_count
        + :contacted_strength * a.contacted_count + :meeting_booked_strength * a.meeting_booked_count
        + :deal_lost_strength * a.deal_lost_count as engagement,
        a.last_research_at
    from account_signals as a
    cross join beginning
    left join scored using (account_domain)
    where (
          a.icp_score >= cast(:min_icp_score as integer)
          or scored.account_domain is not null
          -- Whom an event led to is not researched yet: more has to be known than that.
          or (a.icp_score is null and a.sponsored_event_count > 0 and (
              a.contact_count + a.slots_filled + a.company_briefing_count + a.person_briefing_count
              + a.icp_title_count + a.hiring_signal_count + a.funding_signal_count > 0
              or exists (
                  select
                  from accounts as own
                  join companies as c on c.id = own.company_id
                  join company_person_roles as r on r.company_id = coalesce(c.merged_into_id, c.id)
                  where own.account_domain = a.account_domain and r.is_current
              )
          ))
      )
      and (cast(:priority as text) is null or a.priority_level = cast(:priority as text))
      and not exists (select from left_alone where left_alone.account_domain = a.account_domain)
      -- Read from the interactions, not from the features: what users did since the last refresh counts as well.
      and not exists (
          select from user_interactions as i
          where i.account_domain = a.account_domain
            and i.created_at < cast(:as_of as timestamptz)
            and (
                i.interaction_type = 'deal_won'
                or (i.interaction_type in ('contacted', 'meeting_booked', 'deal_lost')
                    and i.created_at >= cast(:quiet_since as timestamptz))
            )
      )
      and not exists (
          select
          from kin
          join user_interactions as i on i.account_domain = kin.other_domain
          where kin.account_domain = a.account_domain
            and i.created_at < cast(:as_of as timestamptz)
            and (
                i.interaction_type = 'deal_won'
                or (i.interaction_type in ('contacted', 'meeting_booked', 'deal_lost')
                    and i.created_at >= cast(:quiet_since as timestamptz))
            )
      )
),
ordered as (
    select
        account_domain,
        score,
        scored_by,
        row_number() over (
            order by is_promising desc, score desc, engagement desc, engineering_role_count desc nulls last,
                     last_research_at desc nulls last, account_domain collate "C"
        ) as place
    from eligible
),
-- A company has one place: that of its best account.
placed as (
    select account_domain, score, scored_by, count(*) over () as accounts, row_number() over (order by place) as place
    from ordered
    where not exists (
        select
        from kin
        join ordered as better on better.account_domain = kin.other_domain
        where kin.account_domain = ordered.account_domain and better.place < ordered.place
    )
),
split as (
    select
        account_domain,
        score,
        scored_by,
        place,
        case when accounts <= cast(:places as integer) then accounts
             else cast(:places as integer) - cast(:explored_places as integer) end as ranked,
        accounts
    from placed
),
drawn as (
    select
        account_domain,
        score,
        scored_by,
        ranked + row_number() over (order by md5(cast(:seed as text) || ' ' || account_domain) collate "C") as place,
        true as is_exploration,
        round(cast(:explored_places as numeric) / (accounts - ranked), 8) as propensity
    from split
    where place > ranked
),
listed as (
    select account_domain, score, scored_by, place, false as is_exploration, 1.0 as propensity
    from split
    where place <= ranked
    union all
    select account_domain, score, scored_by, place, is_exploration, propensity
    from drawn
    where place <= cast(:places as integer)
)
select
    listed.account_domain,
    listed.place as rank,
    listed.score,
    listed.is_exploration,
    listed.propensity,
    listed.scored_by,
    scored.model_id,
    coalesce(scored.reasons, '{}') as model_reasons,
    a.icp_score,
    a.has_open_engineering_roles,
    a.engineering_role_count,
    cast(:on as date) - cast(a.last_research_at at time zone 'UTC' as date) as days_since_research,
    a.engagement_score,
    intent.level as intent_level,
    coalesce(intent.reasons, '{}') as intent_reasons,
    a.sponsored_event_count,
    sponsored.best_sponsor_tier,
    a.decision_maker_contact_count,
    a.active_conversation_count,
    a.reply_count_30d,
    a.contact_count,
    a.slots_filled,
    lost.deal_lost_count,
    cast(:on as date) - cast(lost.last_at at time zone 'UTC' as date) as days_since_lost,
    failed.failed_run_count,
    best.contact_id
from listed
join account_signals as a using (account_domain)
join accounts using (account_domain)
left join scored using (account_domain)
left join account_intent as intent using (account_domain)
left join companies as own on own.id = accounts.company_id
left join lateral (
    select e.sponsor_tier as best_sponsor_tier
    from event_sponsors as e
    where e.company_id = coalesce(own.merged_into_id, own.id) and e.tier_rank = a.best_sponsor_tier_rank and not e.is_past_sponsor
    order by e.sponsor_tier
    limit 1
) as sponsored on true
cross join lateral (
    select count(*) as deal_lost_count, max(i.created_at) as last_at
    from user_interactions as i
    where i.account_domain = listed.account_domain and i.interaction_type = 'deal_lost'
      and i.created_at < cast(:as_of as timestamptz)
) as lost
cross join lateral (
    select count(*) as failed_run_count
    from prospect_intelligence_runs as r
    where r.account_domain = listed.account_domain and r.run_status <> 'success'
      and r.created_at > coalesce(a.last_research_at, '-infinity') and r.created_at < cast(:as_of as timestamptz)
) as failed
-- Whom to talk to there: nobody who said no, or cannot be reached.
left join lateral (
    select k.id as contact_id
    from contacts as k
    where k.company_id = coalesce(own.merged_into_id, own.id)
      and k.status = 'active'
      and k.communication_preferences ->> 'do_not_contact' is distinct from 'true'
    order by k.is_primary_contact desc, k.is_decision_maker desc,
             array_position(array['c-level', 'vp', 'director', 'manager', 'individual_contributor'], k.seniority_level),
             k.engagement_score desc, k.id
    limit 1
) as best on true
