-- Reading the titles held at the chosen companies, each once.

-- name: stage_roles
-- Reads the current roles at the chosen companies once, for their titles and for the plan.
insert into held_roles (company_id, role_id, person_id, title, observed_on, is_doubted, source_system)
select r.company_id, r.id, r.person_id, left(r.role_title, 300), r.observed_on, r.is_doubted, r.source_system
from company_person_roles as r
join evaluated_companies as e using (company_id)
where r.is_current
  and r.role_title is not null
  -- Says what the join says, so that a chunk reads its part of the index, not the whole table.
  and r.company_id between (select min(company_id) from evaluated_companies)
                       and (select max(company_id) from evaluated_companies)
union all
-- Who works at a company that was merged works at the one it was merged into.
select e.company_id, r.id, r.person_id, left(r.role_title, 300), r.observed_on, r.is_doubted, r.source_system
from evaluated_companies as e
join companies as merged on merged.merged_into_id = e.company_id
join company_person_roles as r on r.company_id = merged.id
where r.is_current and r.role_title is not null

-- name: unclassified_titles
-- Titles held now at the chosen companies that the classifier, in its present version, has not read yet.
with held as materialized (
    select distinct title from held_roles
)
select title
from held
-- Once per distinct title, by key (offset 0): the planner knows nothing of a temporary table or of a fresh one.
where not exists (select from title_seats as t where t.title = held.title and t.rules = :rules offset 0)
  and not exists (select from late_titles as t where t.title = held.title offset 0)
order by title
limit :limit

-- name: save_titles
-- Stores what the classifier says of titles (:rows, a JSON array); a newer version of it overrules an older one.
insert into title_seats (title, ceo_rank, cfo_rank, hr_rank, also_ceo_rank, rules)
select title, ceo_rank, cfo_rank, hr_rank, also_ceo_rank, :rules
from json_to_recordset(cast(:rows as json)) as r (
    title text, ceo_rank smallint, cfo_rank smallint, hr_rank smallint, also_ceo_rank smallint
)
order by title
on conflict (title) do update
set ceo_rank = excluded.ceo_rank,
    cfo_rank = excluded.cfo_rank,
    hr_rank = excluded.hr_rank,
    also_ceo_rank = excluded.also_ceo_rank,
    rules = excluded.rules,
    written_by = excluded.written_by
where title_seats.rules <> excluded.rules

-- name: stage_titles
-- Keeps what the classifier says of titles (:rows, a JSON array), for this transaction only.
insert into late_titles (title, ceo_rank, cfo_rank, hr_rank, also_ceo_rank)
select title, ceo_rank, cfo_rank, hr_rank, also_ceo_rank
from json_to_recordset(cast(:rows as json)) as r (
    title text, ceo_rank smallint, cfo_rank smallint, hr_rank smallint, also_ceo_rank smallint
)
