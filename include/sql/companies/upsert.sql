-- Finding or creating the staged companies, in the order in which the statements run.

-- name: match_by_domain
-- Companies known by their domain; a merged company leads to the one it was merged into. Returns the mentions under
-- another name key, with the name and the key known, which the caller compares: what a person has merged is settled.
with matched as (
    update staged_companies as s
    set company_id = coalesce(c.merged_into_id, c.id)
    from companies as c
    where c.domain = s.domain
    returning s.ordinal, s.name_key, c.name as known_name, c.name_key as known_key, c.merged_into_id
)
select ordinal, known_name, known_key
from matched
where name_key <> known_key and merged_into_id is null

-- name: give_up_domains
-- Mentions (:ordinals) of a domain that is another's: their names decide who they are, and what they say of their
-- website is kept nowhere.
update staged_companies
set shared_domain = domain, domain = null, stem = null, is_waiting = false, company_id = null
where ordinal = any (cast(:ordinals as integer []))

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
-- Lets a company known only by name adopt the first new domain that comes under its name - unless another company of
-- that name has a domain already: then nobody can tell whose it is.
with claim as (
    select distinct on (domain) name_key, domain
    from (
        select distinct on (name_key) name_key, domain, ordinal
        from staged_companies
        where company_id is null and domain is not null and not is_waiting
        order by name_key, ordinal
    ) as per_name
    order by domain, ordinal
),
adopted as (
    update companies as c
    set domain = claim.domain, updated_at = now(), written_by = default
    from claim
    where c.name_key = claim.name_key
      and c.domain is null
      and c.merged_into_id is null
      and not exists (select from companies as o where o.name_key = c.name_key and o.domain is not null)
    returning c.id, c.domain
)
update staged_companies as s
set company_id = adopted.id
from adopted
where s.domain = adopted.domain and s.company_id is null

-- name: known_names
-- The companies of the names that were not found by a domain; of several, the one known longest, so that the same mention
-- means the same company tomorrow. That several exist is on record as a doubtful pair. When every company of a name has
-- been merged into one of another name: that one, for as long as there is no new one.
with wanted as (select distinct name_key from staged_companies where company_id is null)
select name_key, coalesce(min(id) filter (where merged_into_id is null), min(merged_into_id)) as id,
       bool_and(merged_into_id is not null) as is_merged
from wanted
join companies using (name_key)
group by name_key

-- name: insert
-- New companies (:rows, a JSON array of objects), with ids in this order. Returns one object: ids by their domains, or name
-- keys without.
with created as (
    insert into companies (
        name, name_key, domain, website_url, linkedin_url, primary_industry, industry_is_guess, employee_range,
        description, kind, parent_domain, headquarters_location, country, source_system
    )
    select name, name_key, domain, website_url, linkedin_url, primary_industry,
           coalesce(industry_is_guess, false), employee_range, description, kind, parent_domain, headquarters_location,
           country, :source_system
    from json_to_recordset(cast(:rows as json)) as r (
        name text, name_key text, domain text, website_url text, linkedin_url text, primary_industry text,
        industry_is_guess boolean, employee_range text, description text, kind text, parent_domain text,
        headquarters_location text, country text
    )
    returning coalesce(domain, name_key) as identity, id
)
select json_object_agg(identity, id) from created

-- name: gaps
-- What is unknown about companies (:ids, a JSON array), as bits in the order of the columns that the caller has; a name that
-- the domain does not spell, and an industry that is a guess, count as unknown.
select
    c.id,
    coalesce(
        lower(regexp_replace(c.name, '[^[:alnum:]]', '', 'g')) <> replace(split_part(c.domain, '.', 1), '-', ''), false
    )::integer
    + 2 * (c.website_url is null)::integer
    + 4 * (c.linkedin_url is null)::integer
    + 8 * (c.primary_industry is null or c.industry_is_guess)::integer
    + 16 * (c.employee_range is null)::integer
    + 32 * (c.description is null)::integer
    + 64 * (c.kind is null)::integer
    + 128 * (c.parent_domain is null)::integer
    + 256 * (c.headquarters_location is null)::integer
    + 512 * (c.country is null)::integer as gaps
from companies as c
where c.id in (select cast(value as bigint) from json_array_elements_text(cast(:ids as json)))

-- name: fill_gaps
-- Fills what was unknown from the first mention (:rows, a JSON array of objects) that knows it; what is known stays, and a
-- guessed industry gives way to one that somebody named. name_key and domain are identity and are not touched here. The
-- name shown becomes the one the domain spells, once somebody uses it: a company first met as "Acme Developer Advocates"
-- of acme.com is Acme. Rows are locked in id order: two transactions may reach the same companies by different keys.
with mentions as materialized (
    select ordinal, company_id, name, website_url, linkedin_url, primary_industry,
           coalesce(industry_is_guess, false) as industry_is_guess, employee_range, description, kind, parent_domain,
           headquarters_location, country
    from json_to_recordset(cast(:rows as json)) as r (
        ordinal integer, company_id bigint, name text, website_url text, linkedin_url text, primary_industry text,
        industry_is_guess boolean, employee_range text, description text, kind text, parent_domain text,
        headquarters_location text, country text
    )
),
news as (
    select
        s.company_id as id,
        (array_agg(s.name order by s.ordinal) filter (
            where lower(regexp_replace(s.name, '[^[:alnum:]]', '', 'g'))
                  = regexp_replace(split_part(c.domain, '.', 1), '[^a-z0-9]', '', 'g')
        ))[1] as name,
        (array_agg(s.website_url order by s.ordinal) filter (where s.website_url is not null))[1] as website_url,
        (array_agg(s.linkedin_url order by s.ordinal) filter (where s.linkedin_url is not null))[1] as linkedin_url,
        (array_agg(s.primary_industry order by s.ordinal) filter (
            where s.primary_industry is not null and not s.industry_is_guess
        ))[1] as primary_industry,
        (array_agg(s.primary_industry order by s.ordinal) filter (where s.industry_is_guess))[1] as guessed_industry,
        (array_agg(s.employee_range order by s.ordinal) filter (where s.employee_range is not null))[1]
            as employee_range,
        (array_agg(s.description order by s.ordinal) filter (where s.description is not null))[1] as description,
        (array_agg(s.kind order by s.ordinal) filter (where s.kind is not null))[1] as kind,
        (array_agg(s.parent_domain order by s.ordinal) filter (where s.parent_domain is not null))[1] as parent_domain,
        (array_agg(s.headquarters_location order by s.ordinal) filter (where s.headquarters_location is not null))[1]
            as headquarters_location,
        (array_agg(s.country order by s.ordinal) filter (where s.country is not null))[1] as country
    from mentions as s
    join companies as c on c.id = s.company_id
    group by s.company_id
),
incomplete as materialized (
    select c.id,
           case
               when lower(regexp_replace(c.name, '[^[:alnum:]]', '', 'g'))
                    <> lower(regexp_replace(news.name, '[^[:alnum:]]', '', 'g'))
                   then news.name
               else c.name
           end as name
    from companies as c
    join news on news.id = c.id
    where (
              news.name is not null
              and lower(regexp_replace(c.name, '[^[:alnum:]]', '', 'g'))
                  <> lower(regexp_replace(news.name, '[^[:alnum:]]', '', 'g'))
          )
       or (c.website_url is null and news.website_url is not null)
       or (c.linkedin_url is null and news.linkedin_url is not null)
       or (c.primary_industry is null and coalesce(news.primary_industry, news.guessed_industry) is not null)
       or (c.industry_is_guess and news.primary_industry is not null)
       or (c.employee_range is null and news.employee_range is not null)
       or (c.description is null and news.description is not null)
       or (c.kind is null and news.kind is not null)
       or (c.parent_domain is null and news.parent_domain is not null)
       or (c.headquarters_location is null and news.headquarters_location is not null)
       or (c.country is null and news.country is not null)
    order by c.id
    for no key update of c
)
update companies as c
set name = incomplete.name,
    website_url = coalesce(c.website_url, news.website_url),
    linkedin_url = coalesce(c.linkedin_url, news.linkedin_url),
    primary_industry = case
        when c.industry_is_guess then coalesce(news.primary_industry, c.primary_industry)
        else coalesce(c.primary_industry, news.primary_industry, news.guessed_industry)
    end,
    industry_is_guess = (c.primary_industry is null or c.industry_is_guess) and news.primary_industry is null
                        and coalesce(c.primary_industry, news.guessed_industry) is not null,
    employee_range = coalesce(c.employee_range, news.employee_range),
    description = coalesce(c.description, news.description),
    kind = coalesce(c.kind, news.kind),
    parent_domain = coalesce(c.parent_domain, news.parent_domain),
    headquarters_location = coalesce(c.headquarters_location, news.headquarters_location),
    country = coalesce(c.country, news.country),
    updated_at = now(),
    written_by = default
from news
join incomplete using (id)
where c.id = news.id

-- name: record_doubtful
-- Records doubtful pairs: companies (:ids) that are new, or newly called so, and share their name key with another may be
-- the same; a person decides.
insert into merge_candidates (entity_type, left_id, right_id, reason, evidence)
select distinct on (least(n.id, o.id), greatest(n.id, o.id))
    'company',
    least(n.id, o.id),
    greatest(n.id, o.id),
    case when n.domain is null or o.domain is null then 'same_name_domain_unknown' else 'same_name_different_domain' end,
    jsonb_build_object(
        'name_key', n.name_key,
        'names', jsonb_build_array(n.name, o.name),
        'domains', jsonb_build_array(n.domain, o.domain)
    )
from companies as n
join companies as o on o.name_key = n.name_key and o.id <> n.id and o.merged_into_id is null
where n.id = any (cast(:ids as bigint []))
order by least(n.id, o.id), greatest(n.id, o.id), n.id
on conflict (entity_type, left_id, right_id) do nothing

-- name: record_shared_domains
-- Records pairs of companies that were seen with one domain, under names without a common word. In an answer that names
-- several with it (:disputed), each is paired with the first; a single one, with the company known by the domain.
with claim as (
    select
        s.shared_domain,
        s.company_id,
        case
            when s.shared_domain = any (cast(:disputed as text []))
                then first_value(s.company_id) over (partition by s.shared_domain order by s.ordinal)
            else known.id
        end as other_id
    from staged_companies as s
    left join (
        select domain, coalesce(merged_into_id, id) as id from companies
        union all
        select d.domain, coalesce(c.merged_into_id, c.id)
        from campaign_domains as d join companies as c on c.id = d.company_id
        where c.domain is distinct from d.domain
    ) as known on known.domain = s.shared_domain
    where s.shared_domain is not null
)
insert into merge_candidates (entity_type, left_id, right_id, reason, evidence)
select distinct on (l.id, r.id)
    'company',
    l.id,
    r.id,
    'shared_domain',
    jsonb_build_object('domain', claim.shared_domain, 'names', jsonb_build_array(l.name, r.name))
from claim
join companies as l on l.id = least(claim.company_id, claim.other_id)
join companies as r on r.id = greatest(claim.company_id, claim.other_id)
where claim.company_id <> claim.other_id
order by l.id, r.id, claim.shared_domain
on conflict (entity_type, left_id, right_id) do nothing
