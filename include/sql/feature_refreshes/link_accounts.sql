-- Point changed accounts to their company, which also names those known by their domain alone.
update accounts as a
set company_id = c.id,
    company_name = case when a.company_name = a.account_domain then c.name else a.company_name end,
    updated_at = now(),
    written_by = default
from changed_accounts as f
join companies as c on c.domain = f.account_domain
where a.account_domain = f.account_domain
  and (a.company_id is distinct from c.id or (a.company_name = a.account_domain and c.name <> a.account_domain))
