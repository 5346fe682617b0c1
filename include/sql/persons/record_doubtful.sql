-- A new person who shares a personal e-mail, or name and company, with another one may be the same person.
insert into merge_candidates (entity_type, left_id, right_id, reason, evidence)
select distinct on (least(pair.new_id, pair.other_id), greatest(pair.new_id, pair.other_id))
    'person',
    least(pair.new_id, pair.other_id),
    greatest(pair.new_id, pair.other_id),
    pair.reason,
    pair.evidence
from (
    select s.person_id as new_id, c.person_id as other_id, 'same_email_different_profile' as reason,
           jsonb_build_object('channel_id', c.id) as evidence
    from staged_persons as s
    join contact_channels as c
        on c.channel_type = 'email' and c.is_identity and c.value_key = s.email
    where s.is_new and s.email_is_identity
    union all
    select s.person_id, p.id, 'same_name_and_company',
           jsonb_build_object('company_id', s.company_id, 'name_key', s.name_key)
    from staged_persons as s
    -- Namesakes first, whatever the planner believes: a company may have many people, a name has few.
    cross join lateral (
        select id from persons where name_key = s.name_key and merged_into_id is null offset 0
    ) as p
    join company_person_roles as r on r.company_id = s.company_id and r.person_id = p.id
    where s.is_new
) as pair
where pair.new_id <> pair.other_id
order by least(pair.new_id, pair.other_id), greatest(pair.new_id, pair.other_id), pair.reason
on conflict (entity_type, left_id, right_id) do nothing
