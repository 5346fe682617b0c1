-- The accounts a transaction is about, and since when their features may differ.
create temporary table if not exists changed_accounts (
    account_domain text primary key,
    since timestamptz not null
) on commit drop
