-- Companies as accounts: finding them, and what is kept of an account.

-- name: find_by_domain
-- The company of a domain, its own or one of a campaign; the one it was merged into, if it was.
select coalesce(c.merged_into_id, c.id)
from (
    select id, 1 as place from companies where domain = :domain
    union all
    select company_id, 2 from campaign_domains where domain = :domain
) as known
join companies as c using (id)
order by known.place
limit 1

-- name: lock_company
-- Locks a company, so that nobody else changes it until the transaction ends; with what identifies it.
select id, name, name_key, domain from companies where id = :id for no key update

-- name: profiles
-- Companies with all that is kept of an account, in the order of their ids in :ids.
select c.id, c.company_unique_id, c.name, c.domain, c.primary_industry as industry, c.size, c.employee_range,
       c.description, c.headquarters_location, c.country, c.research_data, c.account_tier, c.account_status,
       c.total_contacts, c.active_conversations, c.last_researched_at, c.created_at, c.updated_at, c.kind
from unnest(cast(:ids as bigint[])) with ordinality as wanted (id, place)
join companies as c on c.id = wanted.id
order by wanted.place

-- name: list_accounts
-- Companies of a tier, of a status, of both, or all of them; those known longest first, behind :after_id.
select id
from companies
where merged_into_id is null
  and id > :after_id
  and (cast(:account_tier as text) is null or account_tier = :account_tier)
  and (cast(:account_status as text) is null or account_status = :account_status)
order by id
limit :limit

-- name: search
-- Companies with these characters in name or domain, with this domain, or called so in another spelling (:name_key).
select id
from companies
where merged_into_id is null
  and (name ilike :anywhere or domain ilike :anywhere or domain = :domain or name_key = :name_key)
order by
    case
        when name ilike :exact or domain ilike :exact or domain = :domain or name_key = :name_key then 1
        when name ilike :prefix or domain ilike :prefix then 2
        when name ~* :word or domain ~* :word then 3
        else 4
    end,
    lower(name), id
limit :limit

-- name: fill_account
-- Fills what is unknown of an account from :account, a JSON object; what is known stays, also single entries of research.
-- Every company begins as prospecting: that says nothing yet.
update companies as c
set size = n.size, headquarters_location = n.headquarters_location, country = n.country,
    account_tier = n.account_tier, account_status = n.account_status, research_data = n.research_data,
    last_researched_at = n.last_researched_at, updated_at = now(), written_by = default
from companies as o
cross join json_to_record(cast(:account as json)) as g (
    size text, headquarters_location text, country text, account_tier text, account_status text, research_data jsonb,
    last_researched_at timestamptz
)
cross join lateral (
    select coalesce(o.size, g.size) as size,
           coalesce(o.headquarters_location, g.headquarters_location) as headquarters_location,
           coalesce(o.country, g.country) as country,
           coalesce(o.account_tier, g.account_tier) as account_tier,
           case when o.account_status = 'prospecting' then g.account_status else o.account_status end as account_status,
           g.research_data || o.research_data as research_data,
           coalesce(o.last_researched_at, g.last_researched_at) as last_researched_at
) as n
where o.id = :id
  and c.id = o.id
  and (o.size, o.headquarters_location, o.country, o.account_tier, o.account_status, o.research_data,
       o.last_researched_at)
      is distinct from
      (n.size, n.headquarters_location, n.country, n.account_tier, n.account_status, n.research_data,
       n.last_researched_at)

-- name: other_of_domain
-- Another company than this one that has the domain, for itself or for a campaign; a merged one is named itself.
select id
from (
    select id from companies where domain = :domain
    union all
    select company_id from campaign_domains where domain = :domain
) as known
where id <> :id
limit 1

-- name: other_of_name
-- Another company than this one that is known by this name key only.
select id from companies where name_key = :name_key and domain is null and id <> :id

-- name: update_account
-- Gives columns of a company new values: :changes, a JSON object.
update companies as c
set name = n.name, name_key = n.name_key, domain = n.domain, website_url = n.website_url,
    primary_industry = n.primary_industry, industry_is_guess = n.industry_is_guess, size = n.size,
    description = n.description, headquarters_location = n.headquarters_location, country = n.country,
    research_data = n.research_data, account_tier = n.account_tier, account_status = n.account_status,
    last_researched_at = n.last_researched_at, kind = n.kind, updated_at = now(), written_by = default
from companies as o
cross join lateral jsonb_populate_record(o, cast(:changes as jsonb)) as n
where o.id = :id and c.id = o.id and o.* is distinct from n.*
