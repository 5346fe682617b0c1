-- Locks buckets of identity keys until the transaction ends, always in ascending order.
select count(pg_advisory_xact_lock(hashtext(:namespace), bucket))
from (select bucket from unnest(cast(:buckets as integer[])) as bucket order by bucket) as buckets
