-- Changed accounts whose company is known by name but not stored yet.
select a.account_domain, a.company_name, a.website_url
from accounts as a
join changed_accounts using (account_domain)
left join companies as c on c.domain = a.account_domain
where c.id is null and a.company_name <> a.account_domain
order by a.account_domain
