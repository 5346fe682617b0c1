-- The transaction's own list of people who may become contacts.

-- name: company_table
-- Companies of the chosen executions, with the best tier each has at their events.
create temporary table if not exists promotion_companies (
    company_id bigint primary key,
    tier_rank smallint
) on commit drop

-- name: candidate_table
-- People with a current role at a company, and what is concluded about them. found_as: the person of the role, who may
-- have turned out to be somebody else.
create temporary table if not exists promotion_candidates (
    person_id bigint not null,
    found_as bigint not null,
    company_id bigint not null,
    role_id bigint not null,
    source text not null,
    position integer,
    title text,
    seniority text,
    is_decision_maker boolean not null,
    observed_on date,
    standing text,
    tier_rank smallint,
    email text,
    contact_id uuid,
    verdict text,
    reason text
) on commit drop

-- name: address_table
-- The personal addresses of the candidates, and why they are suppressed.
create temporary table if not exists promotion_addresses (
    person_id bigint not null,
    email text not null,
    channel_id bigint not null,
    suppressed text
) on commit drop

-- name: clear_companies
-- Empties the list of companies.
truncate promotion_companies

-- name: clear_candidates
-- Empties the list of candidates.
truncate promotion_candidates

-- name: clear_addresses
-- Empties the list of addresses.
truncate promotion_addresses

-- name: choose_companies
-- Lists the companies of the chosen executions (of all, when none is chosen), merged ones under the company they were
-- merged into; with :worst_rank only those that have this tier or a better one at an event of these executions.
with chosen as materialized (
    select id
    from signal_executions
    where cast(:every_execution as boolean)
       or id = any(cast(:execution_ids as uuid[]))
       or signal_id = any(cast(:signal_ids as uuid[]))
),
sponsor as materialized (
    select coalesce(c.merged_into_id, c.id) as company_id, min(s.tier_rank) as tier_rank
    from signal_execution_entities as x
    join event_sponsors as s on s.event_id = x.entity_id
    join companies as c on c.id = s.company_id
    where x.entity_type = 'event' and x.execution_id in (select id from chosen)
    group by coalesce(c.merged_into_id, c.id)
),
found as (
    select distinct coalesce(c.merged_into_id, c.id) as company_id
    from signal_execution_entities as x
    join companies as c on c.id = x.entity_id
    where x.entity_type = 'company' and x.execution_id in (select id from chosen)
)
insert into promotion_companies (company_id, tier_rank)
select company_id, sponsor.tier_rank
from found
left join sponsor using (company_id)
where (cast(:company_ids as bigint[]) is null or company_id = any(cast(:company_ids as bigint[])))
  and (cast(:worst_rank as smallint) is null or sponsor.tier_rank <= cast(:worst_rank as smallint))

-- name: analyze_companies
-- Row counts for the planner.
analyze promotion_companies

-- name: analyze_candidates
-- Row counts for the planner.
analyze promotion_candidates

-- name: stage_people
-- The people with a current role at the listed companies, of these seniorities if any are given.
insert into promotion_candidates (
    person_id, found_as, company_id, role_id, source, title, seniority, is_decision_maker, observed_on, standing,
    tier_rank
)
select p.id, named.id, member.company_id, r.id, 'sponsor', r.role_title, coalesce(r.seniority, p.seniority),
       r.is_decision_maker, r.observed_on, role_standing(r.is_current, r.is_doubted, r.observed_on), member.tier_rank
from (
    select company_id, company_id as id, tier_rank from promotion_companies
    union all
    -- Who works at a company that was merged works at the one it was merged into.
    select listed.company_id, merged.id, listed.tier_rank
    from promotion_companies as listed
    join companies as merged on merged.merged_into_id = listed.company_id
) as member
join company_person_roles as r on r.company_id = member.id and r.is_current
join persons as named on named.id = r.person_id
join persons as p on p.id = coalesce(named.merged_into_id, named.id)
where cast(:seniorities as text[]) is null
   or coalesce(r.seniority, p.seniority) = any(cast(:seniorities as text[]))

-- name: candidate_titles
-- The titles the listed people hold, each once.
select distinct title from promotion_candidates where title is not null

-- name: keep_titles
-- Takes those off the list who hold none of these titles.
delete from promotion_candidates where title is null or title <> all(cast(:titles as text[]))

-- name: stage_seat_holders
-- The holders of seats with a current role at their company: of the listed companies, or of all when no executions are
-- chosen.
insert into promotion_candidates (
    person_id, found_as, company_id, role_id, source, title, seniority, is_decision_maker, observed_on, standing,
    tier_rank
)
select distinct p.id, named.id, c.id, r.id, 'seat', r.role_title, coalesce(r.seniority, p.seniority),
       r.is_decision_maker, r.observed_on, role_standing(r.is_current, r.is_doubted, r.observed_on), listed.tier_rank
from company_slot as s
join companies as called on called.company_unique_id = s.company_unique_id
join companies as c on c.id = coalesce(called.merged_into_id, called.id)
left join promotion_companies as listed on listed.company_id = c.id
join persons as holder on holder.person_unique_id = s.person_unique_id
join persons as p on p.id = coalesce(holder.merged_into_id, holder.id)
cross join lateral (
    select c.id
    union all
    select merged.id from companies as merged where merged.merged_into_id = c.id
) as member
join company_person_roles as r on r.company_id = member.id and r.is_current
join persons as named on named.id = r.person_id and coalesce(named.merged_into_id, named.id) = p.id
where (cast(:every_company as boolean) or listed.company_id is not null)
  and (cast(:company_ids as bigint[]) is null or c.id = any(cast(:company_ids as bigint[])))

-- name: keep_best_roles
-- Leaves one role of each person: one that is not doubted, the highest, at the best sponsor, most recently seen.
delete from promotion_candidates as c
using (
    select ctid,
           row_number() over (
               partition by person_id
               order by standing = 'doubted', array_position(cast(:levels as text[]), seniority) nulls last,
                        tier_rank nulls last,
                        observed_on desc nulls last, source = 'sponsor' desc, company_id, role_id
           ) as place
    from promotion_candidates
) as ranked
where ranked.ctid = c.ctid and ranked.place > 1
