-- Where a refresh that starts now will have read up to: all transactions before this one are finished and visible.
select
    (select system_identifier from pg_control_system()) || '/' || (
        select oid from pg_database where datname = current_database()
    ) as database,
    cast(cast(pg_snapshot_xmin(pg_current_snapshot()) as text) as bigint) as transaction,
    now() as as_of
