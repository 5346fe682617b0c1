-- The account may be recommended again.
delete from account_suppressions where account_domain = :account_domain
