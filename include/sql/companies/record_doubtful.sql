-- A new company that shares its name key with another one may be the same company: a person decides.
insert into merge_candidates (entity_type, left_id, right_id, reason, evidence)
select distinct on (least(n.id, o.id), greatest(n.id, o.id))
    'company',
    least(n.id, o.id),
    greatest(n.id, o.id),
    case when n.domain is null or o.domain is null then 'same_name_domain_unknown' else 'same_name_different_domain' end,
    jsonb_build_object(
        'name_key', n.name_key,
        'names', jsonb_build_array(n.name, o.name),
        'domains', jsonb_build_array(n.domain, o.domain)
    )
from (select distinct company_id from staged_companies where is_new) as s
join companies as n on n.id = s.company_id
join companies as o on o.name_key = n.name_key and o.id <> n.id and o.merged_into_id is null
order by least(n.id, o.id), greatest(n.id, o.id), n.id
on conflict (entity_type, left_id, right_id) do nothing
