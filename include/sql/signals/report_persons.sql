-- The people of an execution for people to read, with the role they were found in.
select p.id, p.full_name, r.role_title, r.observed_on, c.id as company_id, c.name as company, x.is_new
from signal_execution_entities as x
join persons as p on p.id = x.entity_id
left join company_person_roles as r
    on r.person_id = p.id
    and r.company_id in (
        select entity_id from signal_execution_entities
        where execution_id = :execution_id and entity_type = 'company'
    )
    and r.is_current
left join companies as c on c.id = r.company_id
where x.execution_id = :execution_id and x.entity_type = 'person'
order by c.name, p.id
