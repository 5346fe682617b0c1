-- What was found of accounts (:rows, a JSON array), where it differs from what is stored.
insert into account_intent as known (account_domain, level, activity, expected, lift, reasons, observed_on)
select account_domain, level, activity, expected, lift, reasons, :observed_on
from json_to_recordset(cast(:rows as json)) as r (
    account_domain text, level text, activity integer, expected numeric(10, 2), lift numeric(10, 2), reasons text[]
)
order by account_domain
on conflict (account_domain) do update
set level = excluded.level,
    activity = excluded.activity,
    expected = excluded.expected,
    lift = excluded.lift,
    reasons = excluded.reasons,
    observed_on = excluded.observed_on,
    updated_at = now(),
    written_by = excluded.written_by
where (known.level, known.activity, known.expected, known.lift, known.reasons)
    is distinct from (excluded.level, excluded.activity, excluded.expected, excluded.lift, excluded.reasons)
