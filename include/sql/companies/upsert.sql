-- Finding or creating the staged companies, in the order in which the statements run.

-- name: match_by_domain
-- Companies known by their domain; a merged company leads to the one it was merged into. Returns the mentions under a name
-- that the company does not go by, with what is known of it, which the caller compares: what a person has merged is
-- settled.
with matched as (
    update staged_companies as s
    set company_id = coalesce(c.merged_into_id, c.id)
    from companies as c
    where c.domain = s.domain
    returning s.ordinal, s.name_key, c.id, c.name, c.name_key as known_key, c.website_url, c.merged_into_id
)
select ordinal, id, name, website_url
from matched
where name_key <> known_key
  and merged_into_id is null
  and not exists (
      select from company_names as other where other.company_id = matched.id and other.name_key = matched.name_key
  )

-- name: give_up_domains
-- Mentions (:ordinals) of a domain that is another's: their names decide who they are, and what they say of their
-- website is kept nowhere.
update staged_companies
set shared_domain = domain, domain = null, stem = null, is_waiting = false, company_id = null
where ordinal = any (cast(:ordinals as integer []))

-- name: cede_domains
-- Companies (:ids) whose names have nothing to do with their domain give it up to one that it is more likely to be the own
-- domain of - unless the name is taken, or other domains lead to them. Returns those that did.
update companies as c
set domain = null, website_url = null, updated_at = now(), written_by = default
where c.id = any (cast(:ids as bigint []))
  and not exists (select from companies as o where o.name_key = c.name_key and o.domain is null)
  and not exists (select from campaign_domains as d where d.company_id = c.id)
returning c.id

-- name: name_sponsors_only
-- Who sponsored under such a name (the companies :ids) was found by the name alone, as it turns out.
update event_sponsors as s
set named_only = c.name_key, updated_at = now(), written_by = default
from companies as c
where c.id = any (cast(:ids as bigint [])) and s.company_id = c.id and s.named_only is null

-- name: release_domains
-- Mentions (:ordinals) of domains that have been given up to them.
update staged_companies set company_id = null where ordinal = any (cast(:ordinals as integer []))

-- name: match_settled_domains
-- A domain that several names of this answer claim is still that of the company which a person has merged into another.
update staged_companies as s
set company_id = known.merged_into_id
from (
    select domain, merged_into_id from companies
    union all
    select d.domain, c.merged_into_id from campaign_domains as d join companies as c on c.id = d.company_id
) as known
where known.domain = s.shared_domain and known.merged_into_id is not null

-- name: adopt_domain
-- Lets a company known only by name adopt a new domain that comes under its name - unless another company of that name has
-- a domain already: then nobody can tell whose it is. Of several domains the one that spells the name, then the
-- shortest; of several names of one domain likewise. A company goes by the name of its campaigns, too. Returns these
-- companies.
with offer as (
    select name_key, domain from staged_companies where company_id is null and domain is not null and not is_waiting
    union
    select stem_key, domain
    from staged_companies
    where company_id is null and domain is not null and stem is not null and stem_key is not null
),
claim as (
    select distinct on (domain) id, domain
    from (
        select distinct on (c.id) c.id, c.name_key, offer.domain
        from offer
        join companies as c on c.name_key = offer.name_key
        where c.domain is null
          and c.merged_into_id is null
          and not exists (select from companies as o where o.name_key = c.name_key and o.domain is not null)
        order by c.id, replace(split_part(offer.domain, '.', 1), '-', '') <> c.name_key, length(offer.domain),
                 offer.domain
    ) as per_name
    order by domain, replace(split_part(domain, '.', 1), '-', '') <> name_key, length(name_key), name_key
),
adopted as (
    update companies as c
    set domain = claim.domain, updated_at = now(), written_by = default
    from claim
    where c.id = claim.id
    returning c.id, c.domain
)
update staged_companies as s
set company_id = adopted.id, is_waiting = false
from adopted
where s.domain = adopted.domain and s.company_id is null
returning s.company_id

-- name: known_names
-- The company that each name means: of the mentions that were not found by a domain, or :name_keys instead. Of several
-- companies that go by a name the one that has a domain, that has one of its own, whose domain spells the name, whose
-- domain is the shortest: whichever of them came first, so that the same mention means the same company in any order.
-- That several exist is on record as a doubtful pair. When every company of a name has been merged into one of another
-- name: that one, for as long as there is no new one.
with wanted as materialized (
    select distinct name_key
    from staged_companies
    where company_id is null and cast(:name_keys as text []) is null
    union
    select unnest(cast(:name_keys as text []))
),
called as (
    select name_key, c.id from wanted join companies as c using (name_key)
    union
    select name_key, n.company_id from wanted join company_names as n using (name_key)
    union
    select name_key, d.company_id from wanted join campaign_domains as d using (name_key)
)
select distinct on (called.name_key)
    called.name_key, coalesce(c.merged_into_id, c.id) as id, c.merged_into_id is not null as is_merged,
    c.domain is not null as has_domain
from called
join companies as c using (id)
order by called.name_key, c.merged_into_id is not null, c.domain is null,
         exists (select from campaign_domains as d where d.domain = c.domain),
         replace(split_part(c.domain, '.', 1), '-', '') <> called.name_key, length(c.domain), c.domain,
         coalesce(c.merged_into_id, c.id)

-- name: insert
-- New companies (:rows, a JSON array of objects), with ids in this order. Returns one object: ids by their domains, or name
-- keys without.
with created as (
    insert into companies (
        name, name_key, domain, website_url, linkedin_url, primary_industry, industry_is_guess, employee_range,
        description, source_system
    )
    select name, name_key, domain, website_url, linkedin_url, primary_industry,
           coalesce(industry_is_guess, false), employee_range, description, :source_system
    from json_to_recordset(cast(:rows as json)) as r (
        name text, name_key text, domain text, website_url text, linkedin_url text, primary_industry text,
        industry_is_guess boolean, employee_range text, description text
    )
    returning coalesce(domain, name_key) as identity, id
)
select json_object_agg(identity, id) from created

-- name: record_doubtful
-- Records doubtful pairs: companies (:ids) that are new, or newly called so, and share a name with another may be the
-- same; a person decides.
with called as (
    select id, name_key from companies where id = any (cast(:ids as bigint []))
    union
    select company_id, name_key from company_names where company_id = any (cast(:ids as bigint []))
),
namesake as (
    select called.id, called.name_key, o.id as other_id
    from called
    join companies as o using (name_key)
    union
    select called.id, called.name_key, o.company_id
    from called
    join company_names as o using (name_key)
)
insert into merge_candidates (entity_type, left_id, right_id, reason, evidence)
select distinct on (l.id, r.id)
    'company',
    l.id,
    r.id,
    case when l.domain is null or r.domain is null then 'same_name_domain_unknown' else 'same_name_different_domain' end,
    jsonb_build_object('name_key', namesake.name_key)
    || (
        select jsonb_build_object('names', jsonb_agg(c.name order by c.domain), 'domains', jsonb_agg(c.domain order by c.domain))
        from (values (l.name, l.domain), (r.name, r.domain)) as c (name, domain)
    )
from namesake
join companies as l on l.id = least(namesake.id, namesake.other_id)
join companies as r on r.id = greatest(namesake.id, namesake.other_id)
where l.id <> r.id and l.merged_into_id is null and r.merged_into_id is null
order by l.id, r.id, namesake.name_key
on conflict (entity_type, left_id, right_id) do nothing

-- name: record_shared_domains
-- Records pairs of companies that were seen with one domain, under names without a common word. In an answer that names
-- several with it (:disputed), each is paired with the first; a single one, and who has given the domain up (:ceded, a
-- JSON array of objects), with the company known by the domain.
with known as (
    select domain, id from companies
    union all
    select d.domain, d.company_id from campaign_domains as d join companies as c on c.id = d.company_id
    where c.domain is distinct from d.domain
),
claim as (
    select
        s.shared_domain,
        s.company_id,
        case
            when s.shared_domain = any (cast(:disputed as text []))
                then first_value(s.company_id) over (partition by s.shared_domain order by s.ordinal)
            else known.id
        end as other_id
    from staged_companies as s
    left join known on known.domain = s.shared_domain
    where s.shared_domain is not null
    union all
    select ceded.domain, coalesce(c.merged_into_id, c.id), known.id
    from json_to_recordset(cast(:ceded as json)) as ceded (domain text, company_id bigint)
    join companies as c on c.id = ceded.company_id
    join known on known.domain = ceded.domain
)
insert into merge_candidates (entity_type, left_id, right_id, reason, evidence)
select distinct on (l.id, r.id)
    'company',
    l.id,
    r.id,
    'shared_domain',
    jsonb_build_object('domain', claim.shared_domain, 'names', jsonb_build_array(least(l.name, r.name), greatest(l.name, r.name)))
from claim
join companies as l on l.id = least(claim.company_id, claim.other_id)
join companies as r on r.id = greatest(claim.company_id, claim.other_id)
where claim.company_id <> claim.other_id
order by l.id, r.id, claim.shared_domain
on conflict (entity_type, left_id, right_id) do nothing
