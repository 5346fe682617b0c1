-- Accounts that are more active than expected, the strongest first; total counts them all.
select account_domain, level, activity, expected, lift, reasons, observed_on, count(*) over () as total
from account_intent
order by level = 'surging' desc, lift desc, activity desc, account_domain collate "C"
limit :most
