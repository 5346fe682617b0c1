-- The list of a promotion.

-- name: forget_items
-- Drops the list of a promotion that is planned anew.
delete from contact_promotion_items where promotion_id = :promotion_id

-- name: write_items
-- Stores the judged candidates as the list of a promotion, company by company, the best first. Of each company at most
-- :max_per_company are proposed; those who are contacts already take their places among them.
with placed as (
    select c.*,
           array_position(cast(:levels as text[]), seniority) as level,
           row_number() over (
               partition by company_id, verdict in ('new', 'known')
               order by array_position(cast(:levels as text[]), seniority) nulls last, observed_on desc nulls last,
                        person_id
           ) > cast(:max_per_company as integer) as is_over_limit
    from promotion_candidates as c
)
insert into contact_promotion_items (
    promotion_id, person_id, company_id, position, source, verdict, status, reason, contact_id
)
select :promotion_id, person_id, company_id,
       row_number() over (
           order by tier_rank nulls last, company_id, level nulls last, observed_on desc nulls last, person_id
       ),
       source, verdict,
       case when verdict = 'new' and not is_over_limit then 'proposed' else 'left_out' end,
       case when verdict = 'new' and is_over_limit then 'over_limit' else reason end,
       contact_id
from placed

-- name: count_items
-- A list in numbers: people and companies by verdict, status and reason.
select verdict, status, reason, count(*) as people, count(distinct company_id) as companies
from contact_promotion_items
where promotion_id = :promotion_id
group by verdict, status, reason
order by verdict, status, reason

-- name: count_unconfirmed
-- How many of those on a list who are proposed are not known for certain to hold a role at the company today.
select count(*)
from contact_promotion_items as i
where i.promotion_id = :promotion_id
  and i.status = 'proposed'
  and not exists (
      select
      from persons as named
      join company_person_roles as r on r.person_id = named.id
      join companies as m on m.id = r.company_id
      where (named.id = i.person_id or named.merged_into_id = i.person_id)
        and coalesce(m.merged_into_id, m.id) = i.company_id
        and role_standing(r.is_current, r.is_doubted, r.observed_on) = 'current'
  )

-- name: count_companies
-- The companies of a list with the people proposed there, most first; total: how many such companies there are.
select company_id, count(*) as people, count(*) over () as total
from contact_promotion_items
where promotion_id = :promotion_id and status in ('proposed', 'promoted')
group by company_id
order by people desc, company_id
limit :limit

-- name: query_items
-- A list with names, for whoever decides on it: proposed people first, then why others are left out. seen_on and standing
-- are those of the best role at the company; without any, whoever is listed has left.
select i.position, c.name as company, c.id as company_id, p.full_name, p.current_title as title, i.source, i.verdict,
       i.status, i.reason, role.observed_on as seen_on, coalesce(role.standing, 'ended') as standing,
       count(*) over () as total
from contact_promotion_items as i
join persons as p on p.id = i.person_id
join companies as c on c.id = i.company_id
left join lateral (
    select r.observed_on, role_standing(r.is_current, r.is_doubted, r.observed_on) as standing
    from persons as named
    join company_person_roles as r on r.person_id = named.id
    join companies as m on m.id = r.company_id
    where (named.id = p.id or named.merged_into_id = p.id)
      and coalesce(m.merged_into_id, m.id) = c.id
    order by r.is_current desc, r.is_doubted, r.observed_on desc nulls last, r.id
    limit 1
) as role on true
where i.promotion_id = :promotion_id and (cast(:status as text) is null or i.status = cast(:status as text))
order by i.status <> 'proposed', i.status <> 'promoted', i.position
limit :limit

-- name: item_chunks
-- Those still proposed, in chunks of :chunk_size by their place in the list.
select min(position) as first_position, max(position) as last_position, min(number) as first_number,
       count(*) as people
from (
    select position, row_number() over (order by position) as number
    from contact_promotion_items
    where promotion_id = :promotion_id and status = 'proposed'
) as numbered
group by (number - 1) / cast(:chunk_size as integer)
order by first_number
