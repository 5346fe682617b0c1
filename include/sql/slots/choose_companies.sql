-- Puts the companies in scope on the transaction's list: a range of ids, and whatever the params narrow it to.
insert into evaluated_companies (company_id, company_unique_id, name)
select id, company_unique_id, name
from companies
where merged_into_id is null
  and (cast(:first_id as bigint) is null or id between cast(:first_id as bigint) and cast(:last_id as bigint))
  and (cast(:company_ids as bigint[]) is null or id = any(cast(:company_ids as bigint[])))
  and (cast(:name_contains as text) is null or strpos(lower(name), lower(cast(:name_contains as text))) > 0)
  and (cast(:industry as text) is null or lower(primary_industry) = lower(cast(:industry as text)))
  and (cast(:source_system as text) is null or source_system = cast(:source_system as text))
order by id
