-- Companies in scope that lack a seat. Those without any may have come in while the evaluation ran: they are left to the
-- next one when they are new.
select e.company_unique_id as id, count(*) over () as total
from evaluated_companies as e
join companies as c on c.id = e.company_id
left join company_slot as s
    on s.company_unique_id = e.company_unique_id and s.slot_type = any(cast(:slot_types as text[]))
group by e.company_unique_id, c.created_at
having count(s.slot_type) < cardinality(cast(:slot_types as text[]))
   and (count(s.slot_type) > 0 or c.created_at < cast(:started_at as timestamptz) - interval '10 minutes')
order by e.company_unique_id
limit 20
