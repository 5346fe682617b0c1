-- Start over within a transaction.
truncate changed_accounts
