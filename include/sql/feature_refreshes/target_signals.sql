-- The changed accounts, as of now. One researched since then is left to the next refresh, which has that research.
insert into feature_targets (account_domain, as_of, company_name, company_id, company_unique_id)
select a.account_domain, cast(:as_of as timestamptz), a.company_name, c.id, c.company_unique_id
from changed_accounts
join accounts as a using (account_domain)
left join account_signals as s using (account_domain)
left join companies as own on own.id = a.company_id
left join companies as c on c.id = coalesce(own.merged_into_id, own.id)
where s.last_research_at is null or s.last_research_at < :as_of
