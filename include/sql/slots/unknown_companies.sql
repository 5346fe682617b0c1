-- Which of :company_ids are no companies, or are merged into another one (then with that one's id).
select wanted.id, c.merged_into_id
from unnest(cast(:company_ids as bigint[])) as wanted (id)
left join companies as c on c.id = wanted.id
where c.id is null or c.merged_into_id is not null
order by wanted.id
limit 20
