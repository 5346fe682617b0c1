-- Domains for recruiting or a campaign (pinterestcareers.com): whose they are, and which domain is the company's own.

-- name: match_by_campaign
-- Companies that such a domain is known to lead to, when it is not their own. Returns all these mentions, with what
-- match_by_domain returns of those under another name key.
with matched as (
    update staged_companies as s
    set company_id = coalesce(c.merged_into_id, c.id)
    from campaign_domains as d
    join companies as c on c.id = d.company_id
    where d.domain = s.domain and s.company_id is null
    returning s.ordinal, s.name_key, c.name as known_name, c.name_key as known_key, c.merged_into_id
)
select ordinal, known_name, known_key, name_key <> known_key and merged_into_id is null as is_doubtful
from matched

-- name: take_own_domain
-- A company known by a campaign domain takes the domain that its stem spells (pinterest.com) and the name key it came with
-- - unless another company of that name has such a domain, or waits for its first: then nobody can tell whose it is.
-- Returns these companies, and the mention that each is introduced by.
with fitting as (
    select distinct on (c.id) c.id, s.ordinal, s.domain, s.name_key, c.name_key <> s.name_key as is_renamed
    from staged_companies as s
    join campaign_domains as d on d.stem = replace(split_part(s.domain, '.', 1), '-', '')
    join companies as c on c.id = d.company_id and c.domain = d.domain
    where s.company_id is null
      and not s.is_waiting
      and s.name_key in (c.name_key, d.name_key)
      and c.merged_into_id is null
      and not exists (
          select
          from companies as o
          where o.name_key = s.name_key
            and o.id <> c.id
            and o.merged_into_id is null
            and (o.domain is null or replace(split_part(o.domain, '.', 1), '-', '') = d.stem)
      )
    order by c.id, s.ordinal
),
claim as (
    select distinct on (domain) id, ordinal, domain, name_key, is_renamed from fitting order by domain, id
),
taken as (
    update companies as c
    set name_key = claim.name_key, domain = claim.domain, updated_at = now(), written_by = default
    from claim
    where c.id = claim.id
    returning c.id
),
matched as (
    update staged_companies as s
    set company_id = claim.id
    from claim
    where s.domain = claim.domain and s.company_id is null
)
select id, ordinal, is_renamed from claim join taken using (id)

-- name: introduce
-- A company with its own domain is shown with its own website, and called :name unless that is null.
update companies set name = coalesce(:name, name), website_url = :website_url where id = :id

-- name: match_by_stem
-- Campaign domains that nobody knows lead to the company of that name whose own domain is their stem, or which another
-- campaign domain of that stem leads to; of several, to the one known longest. From now on they are known. Returns the
-- mentions.
with fitting as (
    select s.domain, s.ordinal, s.stem, s.stem_key, c.id, c.merged_into_id, true as has_own_domain
    from staged_companies as s
    join companies as c on c.name_key in (s.name_key, s.stem_key)
    where s.company_id is null and s.is_waiting and replace(split_part(c.domain, '.', 1), '-', '') = s.stem
    union all
    select s.domain, s.ordinal, s.stem, s.stem_key, c.id, c.merged_into_id, false
    from staged_companies as s
    join campaign_domains as d on d.stem = s.stem and d.name_key = s.stem_key
    join companies as c on c.id = d.company_id
    where s.company_id is null and s.is_waiting
),
known as (
    select distinct on (domain) domain, stem, stem_key, id, coalesce(merged_into_id, id) as current_id
    from fitting
    order by domain, has_own_domain desc, id, ordinal
),
recorded as (
    insert into campaign_domains (domain, stem, name_key, company_id)
    select domain, stem, stem_key, id from known
    on conflict (domain) do nothing
)
update staged_companies as s
set company_id = known.current_id
from known
where s.domain = known.domain and s.company_id is null
returning s.ordinal

-- name: release_first_campaigns
-- The first of each stem and name is as good as any other domain: it makes the company that the others lead to.
update staged_companies
set is_waiting = false
where ordinal in (
    select distinct on (stem, stem_key) ordinal
    from staged_companies
    where company_id is null and is_waiting
    order by stem, stem_key, ordinal
)

-- name: release_campaigns
-- So are those that are left.
update staged_companies set is_waiting = false where is_waiting

-- name: record_campaigns
-- Notes the campaign domains that companies are known by, for as long as they are not known by their own.
insert into campaign_domains (domain, stem, name_key, company_id)
select distinct on (s.domain) s.domain, s.stem, s.stem_key, c.id
from staged_companies as s
join companies as c on c.domain = s.domain
where s.stem is not null and c.name_key in (s.name_key, s.stem_key)
order by s.domain, s.ordinal
on conflict (domain) do nothing

-- name: campaign_names
-- Names of mentions not found by a domain that campaign domains came with.
select name_key
from staged_companies
where company_id is null and name_key in (select name_key from campaign_domains)

-- name: known_campaign_names
-- "Pinterest Careers" without a website is the company called Pinterest (:name_keys), if that has a campaign domain too.
select c.name_key, coalesce(c.merged_into_id, c.id) as id
from companies as c
where c.id in (
    select min(c.id)
    from campaign_domains as d
    join companies as c on c.id = d.company_id and c.name_key = d.name_key
    where d.name_key = any (cast(:name_keys as text []))
    group by d.name_key
)

-- name: record_campaign_pairs
-- Records pairs of which one is known by a campaign domain, and the other has the name that this came with, but not the
-- same name key: one of them is new (:ids), and they may be one.
insert into merge_candidates (entity_type, left_id, right_id, reason, evidence)
select distinct on (least(c.id, o.id), greatest(c.id, o.id))
    'company',
    least(c.id, o.id),
    greatest(c.id, o.id),
    'campaign_domain',
    jsonb_build_object('domain', c.domain, 'names', jsonb_build_array(c.name, o.name))
from campaign_domains as d
join companies as c on c.id = d.company_id and c.domain = d.domain
join companies as o on o.name_key = d.name_key and o.name_key <> c.name_key
where c.merged_into_id is null
  and o.merged_into_id is null
  and (c.id = any (cast(:ids as bigint [])) or o.id = any (cast(:ids as bigint [])))
order by least(c.id, o.id), greatest(c.id, o.id), c.id
on conflict (entity_type, left_id, right_id) do nothing
