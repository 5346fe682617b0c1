-- Locks the buckets of the given identity keys until the transaction ends, always in ascending order.
select count(pg_advisory_xact_lock(hashtext(:namespace), bucket))
from (
    select distinct hashtext(key) & 255 as bucket
    from unnest(cast(:keys as text[])) as key
    order by bucket
) as buckets
