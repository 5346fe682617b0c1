-- Which accounts changed, and accounts that are new.

-- name: changed_table
-- The accounts a transaction is about, and since when their features may differ.
create temporary table if not exists changed_accounts (
    account_domain text primary key,
    since timestamptz not null
) on commit drop

-- name: clear_changed
-- Start over within a transaction.
truncate changed_accounts

-- name: all_changed
-- Every account, and everything an account could be made of, as if all of it were new.
insert into changed_accounts (account_domain, since)
select account_domain, cast('-infinity' as timestamptz)
from (
    select account_domain from accounts
    union
    select account_domain from prospect_intelligence_runs
    union
    select account_domain from user_interactions
    union
    select company_domain from company_intel_briefings
    union
    select company_domain from extracted_icp_job_title_details
    union
    select c.domain from companies as c where c.domain is not null and exists (
        select from event_sponsors as s where s.company_id = c.id
    )
    union
    select c.domain
    from companies as c
    join signal_execution_entities as n on n.entity_type = 'company' and n.entity_id = c.id
    join signal_executions as x on x.id = n.execution_id
    join signals as g on g.id = x.signal_id and g.type in ('hiring', 'funding')
    where c.domain is not null
    union
    select c.domain from companies as c where c.domain is not null and (
        exists (select from contacts as k where k.company_id = c.id)
        or exists (select from conversations as v where v.company_id = c.id)
    )
) as known
where cast(:first_domain as text) is null or account_domain between :first_domain and :last_domain

-- name: changed_since
-- Accounts that something happened to since the previous refresh, or whose recent activity is no longer recent.
insert into changed_accounts (account_domain, since)
select account_domain, min(since)
from (
    select account_domain, since from account_changes where changed_in >= :transaction
    union all
    -- What was dated ahead of its time counts from now on; what left a window of 30 or 90 days no longer counts.
    select account_domain, created_at
    from user_interactions
    where created_at >= :previous_as_of and created_at < :as_of
    union all
    select account_domain, created_at
    from prospect_intelligence_runs
    where created_at >= :previous_as_of and created_at < :as_of
    union all
    select i.account_domain, cast(:as_of as timestamptz)
    from (values (interval '30 days'), (interval '90 days')) as recent (span)
    join user_interactions as i on i.created_at >= :previous_as_of - recent.span and i.created_at < :as_of - recent.span
    union all
    -- The same of touchpoints and replies: what was dated ahead, and what is no longer recent.
    select c.domain, case when recent.span = interval '0' then moment.at else cast(:as_of as timestamptz) end
    from (values (interval '0'), (interval '30 days'), (interval '90 days')) as recent (span)
    cross join lateral (
        select t.conversation_id, t.sent_at as at
        from touchpoints as t
        where t.sent_at >= :previous_as_of - recent.span and t.sent_at < :as_of - recent.span
        union all
        select t.conversation_id, t.responded_at
        from touchpoints as t
        where t.responded_at >= :previous_as_of - recent.span and t.responded_at < :as_of - recent.span
    ) as moment
    join conversations as v on v.id = moment.conversation_id
    join companies as c on c.id = v.company_id
    where c.domain is not null
    union all
    -- The company of an account may come after it, and brings what is known of it.
    select a.account_domain, '-infinity'
    from accounts as a
    join companies as c on c.domain = a.account_domain
    where a.company_id is null
) as changes
where cast(:first_domain as text) is null or account_domain between :first_domain and :last_domain
group by account_domain

-- name: analyze_changed
-- Tells the planner whether these are few accounts or all of them.
analyze changed_accounts

-- name: changed_domains
-- The accounts of a chunk that changed, to be locked.
select account_domain from changed_accounts

-- name: insert_accounts
-- Adds accounts that are new: researched, engaged, signalled, sponsoring, briefed, or with a contact. A seat or a name
-- alone makes none.
insert into accounts (account_domain, company_name, company_id)
select f.account_domain, coalesce(c.name, researched.company_name, f.account_domain), c.id
from changed_accounts as f
left join companies as c on c.domain = f.account_domain
left join lateral (
    select r.company_name
    from prospect_intelligence_runs as r
    where r.account_domain = f.account_domain and r.company_name is not null
    order by r.created_at desc, r.recorded_at, r.run_key
    limit 1
) as researched on true
where not exists (select from accounts as a where a.account_domain = f.account_domain)
  and (
    exists (select from prospect_intelligence_runs as r where r.account_domain = f.account_domain)
    or exists (select from user_interactions as i where i.account_domain = f.account_domain)
    or exists (select from company_intel_briefings as b where b.company_domain = f.account_domain)
    or exists (select from extracted_icp_job_title_details as d where d.company_domain = f.account_domain)
    or exists (select from event_sponsors as s where s.company_id = c.id)
    or exists (select from contacts as k where k.company_id = c.id)
    or exists (select from conversations as v where v.company_id = c.id)
    or exists (
        select
        from signal_execution_entities as n
        join signal_executions as x on x.id = n.execution_id
        join signals as g on g.id = x.signal_id and g.type in ('hiring', 'funding')
        where n.entity_type = 'company' and n.entity_id = c.id
    )
  )
order by f.account_domain
on conflict (account_domain) do nothing

-- name: accounts_at_mail_hosts
-- Accounts at hosts of mailboxes; with a company's name at a portal that is the domain of no company yet.
select a.account_domain, a.company_name
from (
    select domain, false as is_portal from unnest(cast(:mail_hosts as text[])) as listed (domain)
    union all
    select domain, true from unnest(cast(:portals as text[])) as listed (domain)
) as host
join accounts as a on a.account_domain = host.domain
where not (is_portal and exists (select from companies as c where c.domain = host.domain))

-- name: remove_accounts
-- Removes accounts with all that was computed for them; what they were made of stays.
delete from accounts where account_domain = any(cast(:domains as text[]))

-- name: skip_mail_hosts
-- Hosts of mailboxes become no accounts, unless a portal is the domain of a company.
delete from changed_accounts as f
using (
    select domain, false as is_portal from unnest(cast(:mail_hosts as text[])) as listed (domain)
    union all
    select domain, true from unnest(cast(:portals as text[])) as listed (domain)
) as host
where f.account_domain = host.domain
  and not exists (select from accounts as a where a.account_domain = host.domain)
  and not (is_portal and exists (select from companies as c where c.domain = host.domain))

-- name: account_chunks
-- The accounts to look at (between :first_domain and :last_domain, when given) in chunks of :chunk_size, by domain:
-- all of them if :every_account, else the changed ones.
select min(account_domain) as first_domain, max(account_domain) as last_domain, min(number) as first_number,
       count(*) as accounts
from (
    select a.account_domain, row_number() over (order by a.account_domain) as number
    from accounts as a
    left join changed_accounts as f using (account_domain)
    where (:every_account or f.account_domain is not null)
      and (cast(:first_domain as text) is null or a.account_domain between :first_domain and :last_domain)
) as numbered
group by (number - 1) / cast(:chunk_size as integer)
order by first_number

-- name: unlinked_accounts
-- Changed accounts whose company is known by name but not stored yet.
select a.account_domain, a.company_name, a.website_url
from accounts as a
join changed_accounts using (account_domain)
left join companies as c on c.domain = a.account_domain
where c.id is null and a.company_name <> a.account_domain
order by a.account_domain

-- name: link_accounts
-- Point changed accounts to their company (the one it was merged into, if it was), which also names those known by their
-- domain alone.
update accounts as a
set company_id = coalesce(c.merged_into_id, c.id),
    company_name = case when a.company_name = a.account_domain then c.name else a.company_name end,
    updated_at = now(),
    written_by = default
from changed_accounts as f
join companies as c on c.domain = f.account_domain
where a.account_domain = f.account_domain
  and (
      a.company_id is distinct from coalesce(c.merged_into_id, c.id)
      or (a.company_name = a.account_domain and c.name <> a.account_domain)
  )

-- name: restore_research
-- What changed accounts show of research: the newest run that succeeded, and its document as long as it is kept.
update accounts as a
set last_prospect_intelligence_id = newest.document_id,
    last_icp_score = newest.icp_score,
    last_priority_level = newest.priority_level,
    last_research_at = newest.created_at,
    updated_at = now(),
    written_by = default
from changed_accounts as f
left join lateral (
    select p.id as document_id, r.icp_score, r.priority_level, r.created_at
    from prospect_intelligence_runs as r
    left join prospect_intelligence as p
        on p.user_id = r.user_id and p.website_url = r.website_url and p.extracted_at = r.created_at
    where r.account_domain = f.account_domain and r.run_status = 'success'
    order by r.created_at desc, r.recorded_at, r.run_key
    limit 1
) as newest on true
where a.account_domain = f.account_domain
  and (a.last_prospect_intelligence_id, a.last_icp_score, a.last_priority_level, a.last_research_at)
      is distinct from (newest.document_id, newest.icp_score, newest.priority_level, newest.created_at)
