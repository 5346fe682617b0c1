-- The planner shall know whether these are few accounts or all of them.
analyze changed_accounts
