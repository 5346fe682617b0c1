-- The months whose snapshots a change reaches, and for every account of the chunk those that are new.
insert into feature_targets (account_domain, as_of, company_name, company_id, company_unique_id)
select a.account_domain, month.as_of, a.company_name, c.id, c.company_unique_id
from accounts as a
left join changed_accounts as f using (account_domain)
left join companies as own on own.id = a.company_id
left join companies as c on c.id = coalesce(own.merged_into_id, own.id)
join unnest(cast(:months as timestamptz[])) as month (as_of)
    on month.as_of > f.since or month.as_of = any (cast(:new_months as timestamptz[]))
where a.account_domain between :first_domain and :last_domain
