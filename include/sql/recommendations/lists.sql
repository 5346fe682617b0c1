-- Each day's list, and what came of it.

-- name: save_recommendations
-- Adds the rows of the day's new list (:rows, a JSON array) that are not stored yet; others of the day are gone by now.
insert into account_recommendations (
    recommended_on, account_domain, rank, score, is_exploration, propensity, reasons, model_id, contact_id
)
select :on, account_domain, rank, score, is_exploration, propensity, reasons, model_id, contact_id
from json_to_recordset(cast(:rows as json)) as r (
    account_domain text, rank integer, score numeric(6, 5), is_exploration boolean, propensity numeric(9, 8),
    reasons text[], model_id bigint, contact_id uuid
)
where not exists (
    select from account_recommendations as known
    where known.recommended_on = :on and known.account_domain = r.account_domain
)
order by rank

-- name: forget_recommendations
-- Removes rows of the day's list that are not the same in the new one (:rows, a JSON array).
delete from account_recommendations as known
where known.recommended_on = :on
  and not exists (
      select
      from json_to_recordset(cast(:rows as json)) as r (
          account_domain text, rank integer, score numeric(6, 5), is_exploration boolean, propensity numeric(9, 8),
          reasons text[], model_id bigint, contact_id uuid
      )
      where (r.account_domain, r.rank, r.score, r.is_exploration, r.propensity, r.reasons)
          = (known.account_domain, known.rank, known.score, known.is_exploration, known.propensity, known.reasons)
        and (r.model_id, r.contact_id) is not distinct from (known.model_id, known.contact_id)
  )

-- name: query_recommendations
-- The list of a day, or the newest list, without accounts that were suppressed since; total counts its rows.
select r.recommended_on, r.rank, r.account_domain, a.company_name, a.website_url, s.icp_score, s.priority_level,
       r.score, r.is_exploration, r.reasons, r.contact_id, count(*) over () as total
from account_recommendations as r
join accounts as a using (account_domain)
left join account_signals as s using (account_domain)
where r.recommended_on = coalesce(:on, (select max(recommended_on) from account_recommendations))
  and not exists (
      -- By its own domain, or by one of a company that it is one with since a merge.
      select
      from (
          select r.account_domain
          union all
          select named.domain
          from companies as own
          join companies as named on coalesce(own.merged_into_id, own.id) in (named.id, named.merged_into_id)
          where own.domain = r.account_domain
      ) as known
      join account_suppressions as p using (account_domain)
      where p.suppressed_until is null or p.suppressed_until > now()
  )
order by r.rank
limit :limit

-- name: recommendation_outcomes
-- What came of recommendations: is_success is true when a meeting or a deal followed within :outcome_days. Only for
-- lists old enough to know.
select r.recommended_on, r.account_domain, r.is_exploration, cast(r.propensity as double precision) as propensity,
       exists (
           select from user_interactions as i
           where i.account_domain = r.account_domain
             and i.interaction_type in ('meeting_booked', 'deal_won')
             and i.created_at >= cast(r.recommended_on as timestamp) at time zone 'UTC'
             and i.created_at
                 < cast(r.recommended_on + cast(:outcome_days as integer) as timestamp) at time zone 'UTC'
       ) as is_success
from account_recommendations as r
where r.recommended_on >= :since and r.recommended_on + cast(:outcome_days as integer) <= :until
order by r.recommended_on, r.rank

-- name: left_out
-- Why accounts are not recommended, each counted for the first reason that holds: the conditions of recommend_accounts.
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
)
select count(*) as accounts,
       count(*) filter (where why = 'unknown') as unknown,
       count(*) filter (where why = 'low_score') as low_score,
       count(*) filter (where why = 'other_priority') as other_priority,
       count(*) filter (where why = 'suppressed') as suppressed,
       count(*) filter (where why = 'won') as won,
       count(*) filter (where why = 'touched') as touched
from (
    select case
        when s.account_domain is null and a.icp_score < cast(:min_icp_score as integer) then 'low_score'
        when s.account_domain is null and a.icp_score is null and not (a.sponsored_event_count > 0 and (
            a.contact_count + a.slots_filled + a.company_briefing_count + a.person_briefing_count
            + a.icp_title_count + a.hiring_signal_count + a.funding_signal_count > 0
            or exists (
                select
                from accounts as own
                join companies as c on c.id = own.company_id
                join company_person_roles as r on r.company_id = coalesce(c.merged_into_id, c.id)
                where own.account_domain = a.account_domain and r.is_current
            )
        )) then 'unknown'
        when a.priority_level is distinct from coalesce(cast(:priority as text), a.priority_level)
            then 'other_priority'
        when a.account_domain in (select account_domain from left_alone) then 'suppressed'
        when i.is_won or of_kin.is_won then 'won'
        when i.is_touched or of_kin.is_touched then 'touched'
    end as why
    from account_signals as a
    left join (
        select account_domain
        from account_scores
        where model_id in (select id from ml_models where status = 'promoted')
    ) as s using (account_domain)
    cross join lateral (
        select coalesce(bool_or(interaction_type = 'deal_won'), false) as is_won,
               coalesce(bool_or(interaction_type in ('contacted', 'meeting_booked', 'deal_lost')
                                and created_at >= cast(:quiet_since as timestamptz)), false) as is_touched
        from user_interactions
        where account_domain = a.account_domain and created_at < cast(:as_of as timestamptz)
    ) as i
    left join (
        select kin.account_domain,
               bool_or(e.interaction_type = 'deal_won') as is_won,
               bool_or(e.interaction_type in ('contacted', 'meeting_booked', 'deal_lost')
                       and e.created_at >= cast(:quiet_since as timestamptz)) as is_touched
        from kin
        join user_interactions as e on e.account_domain = kin.other_domain
        where e.created_at < cast(:as_of as timestamptz)
        group by kin.account_domain
    ) as of_kin using (account_domain)
) as judged

-- name: recommended_days
-- The days that have a list, the latest first, and how many accounts are on it.
select recommended_on, count(*) as accounts
from account_recommendations
group by recommended_on
order by recommended_on desc
limit :limit

-- name: recommended_day
-- The list of a day as it was made, or of an account on it only: with the company, whom to talk to, and whether the
-- account was left alone since.
select r.recommended_on, r.rank, r.account_domain, coalesce(c.name, a.company_name) as company_name, c.id as company_id,
       s.icp_score, s.priority_level, r.score, r.is_exploration, r.propensity, r.reasons, r.written_by,
       p.id as contact_person_id, p.full_name as contact_name, p.current_title as contact_title,
       k.email as contact_email, x.reason as suppressed_because, x.suppressed_until,
       x.account_domain is not null as is_suppressed
from account_recommendations as r
join accounts as a using (account_domain)
left join companies as o on o.domain = r.account_domain
left join companies as c on c.id = coalesce(o.merged_into_id, o.id)
left join account_signals as s using (account_domain)
left join contacts as k on k.id = r.contact_id and k.status = 'active'
left join persons as p on p.id = k.person_id
left join lateral (
    -- Of several, for a company that is one of two since a merge, the one that holds longest.
    select s.account_domain, s.reason, s.suppressed_until
    from (
        select r.account_domain
        union all
        select named.domain from companies as named where c.id in (named.id, named.merged_into_id)
    ) as known
    join account_suppressions as s using (account_domain)
    where s.suppressed_until is null or s.suppressed_until > now()
    order by s.suppressed_until desc nulls first, s.account_domain
    limit 1
) as x on true
where r.recommended_on = :on
  and (cast(:account_domain as text) is null or r.account_domain = cast(:account_domain as text))
order by r.rank
