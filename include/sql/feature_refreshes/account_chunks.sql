-- The accounts to look at in chunks of :chunk_size, by domain: all of them if :every_account, else the changed ones.
select min(account_domain) as first_domain, max(account_domain) as last_domain, min(number) as first_number,
       count(*) as accounts
from (
    select a.account_domain, row_number() over (order by a.account_domain) as number
    from accounts as a
    left join changed_accounts as f using (account_domain)
    where :every_account or f.account_domain is not null
) as numbered
group by (number - 1) / cast(:chunk_size as integer)
order by first_number
