-- Nobody shall be pointed to this account; reason and time of an earlier word on it are replaced.
insert into account_suppressions as known (account_domain, reason, suppressed_until)
values (:account_domain, :reason, cast(:suppressed_until as timestamptz))
on conflict (account_domain) do update
set reason = excluded.reason,
    suppressed_until = excluded.suppressed_until,
    updated_at = now(),
    written_by = excluded.written_by
where (known.reason, known.suppressed_until) is distinct from (excluded.reason, excluded.suppressed_until)
