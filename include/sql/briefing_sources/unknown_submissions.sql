-- Which of :submission_ids are no submissions of the org: they do not exist, or are another org's.
select wanted.id, s.id is not null as is_of_another_org, count(*) over () as total
from unnest(cast(:submission_ids as uuid[])) as wanted (id)
left join submissions as s on s.id = wanted.id
where s.org_id is distinct from :org_id
order by wanted.id
limit 20
