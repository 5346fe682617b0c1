-- The accounts of a chunk that change, to be locked.
select account_domain from changed_accounts
