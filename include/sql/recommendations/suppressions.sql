-- Accounts that are not recommended.

-- name: suppress_account
-- The account must not be recommended; replaces reason and time of an earlier suppression.
insert into account_suppressions as known (account_domain, reason, suppressed_until)
values (:account_domain, :reason, cast(:suppressed_until as timestamptz))
on conflict (account_domain) do update
set reason = excluded.reason,
    suppressed_until = excluded.suppressed_until,
    updated_at = now(),
    written_by = excluded.written_by
where (known.reason, known.suppressed_until) is distinct from (excluded.reason, excluded.suppressed_until)

-- name: unsuppress_account
-- The account may be recommended again.
delete from account_suppressions where account_domain = :account_domain
