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
set shared_domain = domain, domain = null, website_url = null, stem = null, company_id = null
where ordinal = any (cast(:ordinals as integer []))

-- name: match_settled_domains
-- A domain that several names of this answer claim is still that of the company which a person has merged into another.
update staged_companies as s
set company_id = c.merged_into_id
from companies as c
where c.domain = s.shared_domain and c.merged_into_id is not null

-- name: adopt_domain
-- Lets a company known only by name adopt the first new domain that comes under its name - unless another company of
-- that name has a domain already: then nobody can tell whose it is.
with claim as (
    select distinct on (domain) name_key, domain
    from (
        select distinct on (name_key) name_key, domain, ordinal
        from staged_companies
        where company_id is null and domain is not null and stem is null
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

-- name: match_by_stem
-- Domains for recruiting or for a campaign (pinterestcareers.com) lead to the company of that name whose own domain is
-- their stem (pinterest.com); of several, to the one known longest.
with known as (
    select distinct on (s.ordinal) s.ordinal, coalesce(c.merged_into_id, c.id) as id
    from staged_companies as s
    join companies as c on c.name_key in (s.name_key, s.stem_key)
    where s.company_id is null and s.stem is not null
      and replace(split_part(c.domain, '.', 1), '-', '') = s.stem
    order by s.ordinal, c.id
)
update staged_companies as s
set company_id = known.id, website_url = null
from known
where s.ordinal = known.ordinal

-- name: forget_stems
-- The others are as good as any other domain.
update staged_companies set stem = null where stem is not null

-- name: insert_with_domain
-- New companies with a domain, one per domain; the first mention names it.
with first as materialized (
    select distinct on (domain) *
    from staged_companies
    where company_id is null and domain is not null and stem is null
    order by domain, ordinal
),
created as (
    insert into companies (
        name, name_key, domain, website_url, linkedin_url, primary_industry, industry_is_guess, employee_range,
        description, source_system
    )
    select name, name_key, domain, website_url, linkedin_url, primary_industry, industry_is_guess, employee_range,
           description, :source_system
    from first
    order by ordinal
    returning id, domain
)
update staged_companies as s
set company_id = created.id, is_new = true, is_source = (s.ordinal = first.ordinal)
from created
join first using (domain)
where s.domain = created.domain

-- name: match_by_name
-- Matches mentions without a domain to the company of that name; of several, to the one known longest, so that the same
-- mention means the same company tomorrow. That several exist is on record as a doubtful pair.
with known as (
    select c.name_key, min(c.id) as id
    from (select distinct name_key from staged_companies where company_id is null) as s
    join companies as c on c.name_key = s.name_key
    where c.merged_into_id is null
    group by c.name_key
    union all
    -- Every company of that name has been merged into one of another name.
    select c.name_key, min(c.merged_into_id)
    from (select distinct name_key from staged_companies where company_id is null) as s
    join companies as c on c.name_key = s.name_key
    group by c.name_key
    having bool_and(c.merged_into_id is not null)
)
update staged_companies as s
set company_id = known.id
from known
where s.name_key = known.name_key and s.company_id is null

-- name: insert_without_domain
-- New companies known by name only, one per name key.
with first as materialized (
    select distinct on (name_key) *
    from staged_companies
    where company_id is null
    order by name_key, ordinal
),
created as (
    insert into companies (name, name_key, linkedin_url, primary_industry, industry_is_guess, employee_range,
                           description, website_url, source_system)
    select name, name_key, linkedin_url, primary_industry, industry_is_guess, employee_range, description, website_url,
           :source_system
    from first
    order by ordinal
    returning id, name_key
)
update staged_companies as s
set company_id = created.id, is_new = true, is_source = (s.ordinal = first.ordinal)
from created
join first using (name_key)
where s.name_key = created.name_key and s.company_id is null

-- name: fill_gaps
-- Fills what was unknown from the first mention that knows it; what is known stays, and a guessed industry gives way to
-- one that somebody named. name_key and domain are identity
-- and are not touched here. The name shown becomes the one the domain spells, once somebody uses it: a company first met
-- as "Acme Developer Advocates" of acme.com is Acme. Rows are locked in id order: two transactions may reach the same
-- companies by different keys.
with news as (
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
        (array_agg(s.description order by s.ordinal) filter (where s.description is not null))[1] as description
    from staged_companies as s
    join companies as c on c.id = s.company_id
    where not s.is_source
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
    updated_at = now(),
    written_by = default
from news
join incomplete using (id)
where c.id = news.id

-- name: record_doubtful
-- Records doubtful pairs: a new company that shares its name key with another may be the same; a person decides.
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
from staged_companies as s
join companies as o on o.name_key = s.name_key and o.id <> s.company_id and o.merged_into_id is null
join companies as n on n.id = s.company_id
where s.is_source
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
    left join companies as known on known.domain = s.shared_domain
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
