-- Whether a meeting or a deal followed a place on a list within :outcome_days, for lists about which that can be known.
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
