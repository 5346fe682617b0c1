-- Merging a company (:merged_id) into another (:survivor_id): what refers to it by its id becomes the survivor's.

-- name: find
-- Companies, with what they are known by.
select id, name, domain as known_by, merged_into_id, created_at from companies where id = any(cast(:ids as bigint[]))

-- name: lock
-- Locks companies, and those that were merged into them, in the order of their ids.
select id
from companies
where id = any(cast(:ids as bigint[])) or merged_into_id = any(cast(:ids as bigint[]))
order by id
for no key update

-- name: count_dependants
-- By table: how many rows become the survivor's (moved), how many go because the survivor has the same (combined), and how
-- many stay with the company and are found through it (kept).
select 'company_person_roles' as table_name, count(*) filter (where k.id is null) as moved, count(k.id) as combined,
       0::bigint as kept
from company_person_roles as d
left join company_person_roles as k
    on k.company_id = :survivor_id and k.person_id = d.person_id and k.role_key is not distinct from d.role_key
where d.company_id = :merged_id
union all
select 'event_sponsors', count(*) filter (where k.event_id is null), count(k.event_id), 0
from event_sponsors as d
left join event_sponsors as k on k.company_id = :survivor_id and k.event_id = d.event_id
where d.company_id = :merged_id
union all
select 'signal_execution_entities', count(*) filter (where k.execution_id is null), count(k.execution_id), 0
from signal_execution_entities as d
left join signal_execution_entities as k
    on k.entity_type = 'company' and k.entity_id = :survivor_id and k.execution_id = d.execution_id
where d.entity_type = 'company' and d.entity_id = :merged_id
union all
select 'seat_refusals', count(*) filter (where k.person_id is null), count(k.person_id), 0
from seat_refusals as d
left join seat_refusals as k
    on k.company_id = :survivor_id and k.slot_type = d.slot_type and k.person_id = d.person_id
where d.company_id = :merged_id
union all
select 'contacts', count(*), 0, 0 from contacts where company_id = :merged_id
union all
select 'conversations', count(*), 0, 0 from conversations where company_id = :merged_id
union all
select 'contact_promotion_items', count(*), 0, 0 from contact_promotion_items where company_id = :merged_id
union all
select 'accounts', count(*), 0, 0 from accounts where company_id = :merged_id
union all
select 'company_slot', 0, 0, count(*)
from company_slot where company_unique_id = (select company_unique_id from companies where id = :merged_id)
union all
select 'agent_routing_log', 0, 0, count(*)
from intake.people_raw_intake as i
join agent_routing_log as r on r.record_type = 'person_slot_backfill' and r.record_id = i.id::text
where i.company_unique_id = (select company_unique_id from companies where id = :merged_id)
  and r.settled_at is null
union all
select 'company_intel_briefings', 0, 0, count(*)
from company_intel_briefings where company_domain = (select domain from companies where id = :merged_id)
union all
select 'icp_job_titles', 0, 0, count(*)
from icp_job_titles where company_domain = (select domain from companies where id = :merged_id)
union all
select 'submissions', 0, 0, count(*) from submissions where company_id = :merged_id
union all
select 'account_health_history', 0, 0, count(*) from account_health_history where company_id = :merged_id
union all
select 'company_signals', count(*) filter (where k.id is null), count(k.id), 0
from company_signals as d
left join company_signals as k
    on k.company_id = :survivor_id and k.type = d.type and k.signal_key = d.signal_key
    and k.occurred_on is not distinct from d.occurred_on
where d.company_id = :merged_id
union all
select 'observations', count(*) filter (where k.id is null), count(k.id), 0
from observations as d
left join observations as k on k.company_id = :survivor_id and k.fingerprint = d.fingerprint
where d.company_id = :merged_id

-- name: gaps
-- The columns of the survivor that are filled from the other.
select d.name
from companies as s
join companies as m on m.id = :merged_id
cross join lateral (
    values
        ('domain', s.domain is null and m.domain is not null),
        ('website_url', s.website_url is null and m.website_url is not null),
        ('linkedin_url', s.linkedin_url is null and m.linkedin_url is not null),
        (
            'primary_industry',
            m.primary_industry is not null
            and (s.primary_industry is null or (s.industry_is_guess and not m.industry_is_guess))
        ),
        ('employee_range', s.employee_range is null and m.employee_range is not null),
        ('description', s.description is null and m.description is not null),
        ('size', s.size is null and m.size is not null),
        ('headquarters_location', s.headquarters_location is null and m.headquarters_location is not null),
        ('country', s.country is null and m.country is not null),
        ('kind', s.kind is null and m.kind is not null),
        ('parent_domain', s.parent_domain is null and m.parent_domain is not null),
        ('account_tier', s.account_tier is null and m.account_tier is not null),
        ('account_status', s.account_status = 'prospecting' and m.account_status <> 'prospecting'),
        ('research_data', m.research_data || s.research_data <> s.research_data),
        ('last_researched_at', s.last_researched_at is null and m.last_researched_at is not null)
) as d (name, is_filled)
where s.id = :survivor_id and d.is_filled

-- name: combine_sponsors
-- At an event that both sponsor the better tier counts, and every tier is kept word for word.
update event_sponsors as k
set sponsor_tier = case
        when d.tier_rank < coalesce(k.tier_rank, 32767) then coalesce(d.sponsor_tier, k.sponsor_tier)
        else coalesce(k.sponsor_tier, d.sponsor_tier)
    end,
    tier_rank = least(k.tier_rank, d.tier_rank),
    tier_labels = array(select distinct label from unnest(k.tier_labels || d.tier_labels) as label order by label),
    past_year = greatest(k.past_year, d.past_year),
    updated_at = now(), written_by = default
from event_sponsors as d
where d.company_id = :merged_id and k.company_id = :survivor_id and k.event_id = d.event_id
  and (
      d.past_year > coalesce(k.past_year, 0)
      or d.tier_rank < coalesce(k.tier_rank, 32767)
      or (k.sponsor_tier is null and d.sponsor_tier is not null)
      or not d.tier_labels <@ k.tier_labels
  )

-- name: drop_sponsors
-- The sponsorships that both have go.
delete from event_sponsors as d
using event_sponsors as k
where d.company_id = :merged_id and k.company_id = :survivor_id and k.event_id = d.event_id

-- name: move_sponsors
-- The others are the survivor's.
update event_sponsors set company_id = :survivor_id where company_id = :merged_id

-- name: drop_refusals
-- Who was refused for the same seat of both is refused once.
delete from seat_refusals as d
using seat_refusals as k
where d.company_id = :merged_id and k.company_id = :survivor_id and k.slot_type = d.slot_type
  and k.person_id = d.person_id

-- name: move_refusals
-- The others are refused at the survivor.
update seat_refusals set company_id = :survivor_id where company_id = :merged_id

-- name: demote_primary
-- A company has one primary contact: the survivor's, if it has one.
update contacts
set is_primary_contact = false
where company_id = :merged_id and is_primary_contact
  and exists (select from contacts as k where k.company_id = :survivor_id and k.is_primary_contact)

-- name: move_contacts
-- The contacts are the survivor's.
update contacts set company_id = :survivor_id where company_id = :merged_id

-- name: move_conversations
-- What is talked about is talked about with the survivor.
update conversations set company_id = :survivor_id where company_id = :merged_id

-- name: move_promotion_items
-- Whoever is proposed works at the survivor.
update contact_promotion_items set company_id = :survivor_id where company_id = :merged_id

-- name: move_accounts
-- The accounts of its domains are the survivor's.
update accounts set company_id = :survivor_id where company_id = :merged_id

-- name: move_campaign_domain
-- A campaign domain that the survivor takes over as its own leads to the survivor.
update campaign_domains as d
set company_id = :survivor_id
from companies as m
join companies as s on s.id = :survivor_id and s.domain is null
where m.id = :merged_id and d.domain = m.domain and d.company_id = m.id

-- name: survivor_values
-- What the survivor will say, as JSON: what it does not know is taken from the other, what it knows stays.
select jsonb_build_object(
    'domain', coalesce(s.domain, m.domain),
    'website_url', coalesce(s.website_url, m.website_url),
    'linkedin_url', coalesce(s.linkedin_url, m.linkedin_url),
    'primary_industry', case
        when s.primary_industry is null or (s.industry_is_guess and not m.industry_is_guess)
            then coalesce(m.primary_industry, s.primary_industry)
        else s.primary_industry
    end,
    'industry_is_guess', case
        when m.primary_industry is not null
             and (s.primary_industry is null or (s.industry_is_guess and not m.industry_is_guess))
            then m.industry_is_guess
        else s.industry_is_guess
    end,
    'employee_range', coalesce(s.employee_range, m.employee_range),
    'description', coalesce(s.description, m.description),
    'size', coalesce(s.size, m.size),
    'headquarters_location', coalesce(s.headquarters_location, m.headquarters_location),
    'country', coalesce(s.country, m.country),
    'kind', coalesce(s.kind, m.kind),
    'parent_domain', coalesce(s.parent_domain, m.parent_domain),
    'account_tier', coalesce(s.account_tier, m.account_tier),
    'account_status', case when s.account_status = 'prospecting' then m.account_status else s.account_status end,
    'research_data', m.research_data || s.research_data,
    'last_researched_at', coalesce(s.last_researched_at, m.last_researched_at)
)
from companies as s
join companies as m on m.id = :merged_id
where s.id = :survivor_id

-- name: redirect
-- The company leads to the survivor, and so do those that were merged into it. A domain that the survivor does not have
-- goes there.
update companies as c
set merged_into_id = :survivor_id,
    domain = case
        when c.id = :merged_id and exists (select from companies as s where s.id = :survivor_id and s.domain is null)
            then null
        else c.domain
    end,
    updated_at = now(), written_by = default
where c.id = :merged_id or c.merged_into_id = :merged_id

-- name: fill_survivor
-- Fills the survivor with :values, as survivor_values gave them.
update companies as c
set domain = n.domain, website_url = n.website_url, linkedin_url = n.linkedin_url, primary_industry = n.primary_industry,
    industry_is_guess = n.industry_is_guess, employee_range = n.employee_range, description = n.description,
    size = n.size, headquarters_location = n.headquarters_location, country = n.country,
    kind = n.kind, parent_domain = n.parent_domain,
    account_tier = n.account_tier, account_status = n.account_status, research_data = n.research_data,
    last_researched_at = n.last_researched_at, updated_at = now(), written_by = default
from companies as o
cross join lateral jsonb_populate_record(o, cast(:values as jsonb)) as n
where o.id = :survivor_id and c.id = o.id and o.* is distinct from n.*

-- name: drop_twin_observations
-- Of a signal that both are known for, what was seen of both is seen once.
delete from observations as d
using company_signals as g, company_signals as twin, observations as k
where g.company_id = :merged_id and d.company_signal_id = g.id
  and twin.company_id = :survivor_id and twin.type = g.type and twin.signal_key = g.signal_key
  and twin.occurred_on is not distinct from g.occurred_on
  and k.company_signal_id = twin.id and k.fingerprint = d.fingerprint

-- name: move_twin_observations
-- The others are of the survivor's signal.
update observations as d
set company_signal_id = twin.id
from company_signals as g, company_signals as twin
where g.company_id = :merged_id and d.company_signal_id = g.id
  and twin.company_id = :survivor_id and twin.type = g.type and twin.signal_key = g.signal_key
  and twin.occurred_on is not distinct from g.occurred_on

-- name: combine_company_signals
-- The survivor's signal takes what only the other one says.
update company_signals as k
set round = coalesce(k.round, d.round),
    amount = coalesce(k.amount, d.amount),
    currency = case when k.amount is null and d.amount is not null then d.currency else coalesce(k.currency, d.currency) end,
    investors = case when k.investors = '{}' then d.investors else k.investors end,
    position = coalesce(k.position, d.position),
    department = coalesce(k.department, d.department),
    location = coalesce(k.location, d.location),
    product = coalesce(k.product, d.product),
    acquirer = coalesce(k.acquirer, d.acquirer),
    target = coalesce(k.target, d.target),
    updated_at = now(),
    written_by = default
from company_signals as d
where d.company_id = :merged_id and k.company_id = :survivor_id and k.type = d.type and k.signal_key = d.signal_key
  and k.occurred_on is not distinct from d.occurred_on

-- name: drop_signal_entities
-- What an execution found as both it found once.
delete from signal_execution_entities as x
using company_signals as d, company_signals as k, signal_execution_entities as kept
where d.company_id = :merged_id and k.company_id = :survivor_id and k.type = d.type and k.signal_key = d.signal_key
  and k.occurred_on is not distinct from d.occurred_on
  and x.entity_type = 'company_signal' and x.entity_id = d.id
  and kept.execution_id = x.execution_id and kept.entity_type = x.entity_type and kept.entity_id = k.id

-- name: move_signal_entities
-- Other executions found the survivor's.
update signal_execution_entities as x
set entity_id = k.id
from company_signals as d, company_signals as k
where d.company_id = :merged_id and k.company_id = :survivor_id and k.type = d.type and k.signal_key = d.signal_key
  and k.occurred_on is not distinct from d.occurred_on
  and x.entity_type = 'company_signal' and x.entity_id = d.id

-- name: drop_company_signals
-- Signals that both are known for are the survivor's.
delete from company_signals as d
using company_signals as k
where d.company_id = :merged_id and k.company_id = :survivor_id and k.type = d.type and k.signal_key = d.signal_key
  and k.occurred_on is not distinct from d.occurred_on

-- name: move_company_signals
-- So are the others.
update company_signals set company_id = :survivor_id where company_id = :merged_id

-- name: drop_observations
-- What was seen of both is seen once.
delete from observations as d
using observations as k
where d.company_id = :merged_id and k.company_id = :survivor_id and k.fingerprint = d.fingerprint

-- name: move_observations
-- The others are of the survivor.
update observations set company_id = :survivor_id where company_id = :merged_id
