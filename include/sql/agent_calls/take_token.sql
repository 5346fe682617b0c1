-- Takes one token from a provider's bucket, or says how many seconds until there is one (0: taken).
-- One statement: the row lock of the upsert decides between workers, and every bucket refills by the server's clock.
-- The waiting time is read from the state before the statement: an estimate, the caller asks again.
with settings as (
    select
        cast(:capacity as numeric) as capacity,
        cast(:refill_per_second as numeric) as refill_per_second
),
taken as (
    insert into rate_limits as bucket (provider, capacity, refill_per_second, tokens, refilled_at)
    select :provider, capacity, refill_per_second, capacity - 1, clock_timestamp()
    from settings
    on conflict (provider) do update
    set capacity = excluded.capacity,
        refill_per_second = excluded.refill_per_second,
        tokens = least(
            excluded.capacity,
            bucket.tokens
            + greatest(0, extract(epoch from clock_timestamp() - bucket.refilled_at)) * excluded.refill_per_second
        ) - 1,
        refilled_at = clock_timestamp()
    where least(
        excluded.capacity,
        bucket.tokens
        + greatest(0, extract(epoch from clock_timestamp() - bucket.refilled_at)) * excluded.refill_per_second
    ) >= 1
    returning bucket.provider
),
missing as (
    select 1 - (
        bucket.tokens
        + greatest(0, extract(epoch from clock_timestamp() - bucket.refilled_at)) * settings.refill_per_second
    ) as tokens
    from rate_limits as bucket
    cross join settings
    where bucket.provider = :provider
)
select cast(
    case
        when exists (select from taken) then 0
        else coalesce((select tokens from missing where tokens > 0), 1) / settings.refill_per_second
    end as double precision
)
from settings
