-- Mentions without a domain mean the company of that name; of several, the one known longest, so that the same mention
-- means the same company tomorrow. That several exist is on record as a doubtful pair.
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
