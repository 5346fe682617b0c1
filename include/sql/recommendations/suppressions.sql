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

-- name: list_suppressions
-- Accounts that are left alone now, by domain, after the one of :after_domain.
select x.account_domain, x.reason, x.suppressed_until, x.updated_at, c.id as company_id,
       coalesce(c.name, a.company_name) as company_name
from account_suppressions as x
left join accounts as a using (account_domain)
left join companies as own on own.domain = x.account_domain
left join companies as c on c.id = coalesce(own.merged_into_id, own.id)
where (x.suppressed_until is null or x.suppressed_until > now())
  and (cast(:after_domain as text) is null or x.account_domain > cast(:after_domain as text))
order by x.account_domain
limit cast(:limit as bigint)

-- name: is_suppressed_for_good
-- True when the account is left alone without an end; locks the row.
select suppressed_until is null from account_suppressions where account_domain = :account_domain for update
