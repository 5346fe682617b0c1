-- Accounts that calmed down: all but :account_domains.
delete from account_intent
where not exists (
    select from unnest(cast(:account_domains as text[])) as found (account_domain)
    where found.account_domain = account_intent.account_domain
)
