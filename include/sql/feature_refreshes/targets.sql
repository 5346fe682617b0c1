-- The accounts and moments that features are computed for, and where they are computed.

-- name: more_memory
-- Room for sorting and hashing a chunk in memory, for this transaction; the default of 4 MB would take it to disk.
select set_config('work_mem', '32MB', true)
where pg_size_bytes(current_setting('work_mem')) < pg_size_bytes('32MB')

-- name: target_table
-- The accounts and moments a transaction computes features for. known_before: what became known later is not counted.
create temporary table if not exists feature_targets (
    account_domain text not null,
    as_of timestamptz not null,
    known_before timestamptz not null default 'infinity',
    company_name text not null,
    company_id bigint,
    company_unique_id text
) on commit drop

-- name: computed_table
-- What was computed for the targets, before anything is written. is_known: something had happened by then.
create temporary table if not exists computed_features (
    like account_feature_snapshots including defaults,
    company_name text not null,
    is_known boolean not null
) on commit drop

-- name: clear_targets
-- Start over within a transaction.
truncate feature_targets, computed_features

-- name: target_signals
-- The changed accounts, as of now, by all that is known. An account researched since is left to the next refresh, which
-- sees that research.
insert into feature_targets (account_domain, as_of, company_name, company_id, company_unique_id)
select a.account_domain, cast(:as_of as timestamptz), a.company_name, c.id, c.company_unique_id
from changed_accounts
join accounts as a using (account_domain)
left join account_signals as s using (account_domain)
left join companies as own on own.id = a.company_id
left join companies as c on c.id = coalesce(own.merged_into_id, own.id)
where s.last_research_at is null or s.last_research_at < :as_of

-- name: target_snapshots
-- The months whose snapshots a change reaches, and for every account of the chunk those that are new.
insert into feature_targets (account_domain, as_of, known_before, company_name, company_id, company_unique_id)
select a.account_domain, month.as_of, month.as_of, a.company_name, c.id, c.company_unique_id
from accounts as a
left join changed_accounts as f using (account_domain)
left join companies as own on own.id = a.company_id
left join companies as c on c.id = coalesce(own.merged_into_id, own.id)
join unnest(cast(:months as timestamptz[])) as month (as_of)
    on month.as_of > f.since or month.as_of = any (cast(:new_months as timestamptz[]))
where a.account_domain between :first_domain and :last_domain

-- name: analyze_targets
-- Tells the planner whether this is one account or all of them.
analyze feature_targets

-- name: forget_snapshots
-- Removes snapshots of a time by which nothing had happened after all.
delete from account_feature_snapshots as s
using computed_features as f
where s.account_domain = f.account_domain and s.as_of = f.as_of and not f.is_known
