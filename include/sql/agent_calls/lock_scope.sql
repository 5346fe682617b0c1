-- Serialises the budget decisions of one scope until the transaction ends.
select pg_advisory_xact_lock(hashtextextended('agent_budget ' || :scope, 0))
