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
limit :most
