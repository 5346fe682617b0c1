-- The list of a day, or the newest one, without accounts that were suppressed since.
select r.recommended_on, r.rank, r.account_domain, a.company_name, a.website_url, s.icp_score, s.priority_level, r.score,
       r.is_exploration, r.reasons
from account_recommendations as r
join accounts as a using (account_domain)
left join account_signals as s using (account_domain)
where r.recommended_on = coalesce(:on, (select max(recommended_on) from account_recommendations))
  and not exists (
      select from account_suppressions as p
      where p.account_domain = r.account_domain and (p.suppressed_until is null or p.suppressed_until > now())
  )
order by r.rank
limit :most
