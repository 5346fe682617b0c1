-- Who works at the company with this domain (the one it was merged into, if it was), or at one merged into it, one title each, and how sure that is
-- today (standing). Of a person's titles the one that nothing speaks against, then of a decision maker, then the newest.
with member as (
    select m.id, c.name, c.domain
    from companies as asked
    join companies as c on c.id = coalesce(asked.merged_into_id, asked.id)
    cross join lateral (
        select c.id
        union all
        select merged.id from companies as merged where merged.merged_into_id = c.id
    ) as m
    where asked.domain = :domain
)
select distinct on (p.id)
    p.full_name, p.linkedin_url, coalesce(r.role_title, p.current_title) as title, member.name as company_name,
    member.domain, r.is_decision_maker, r.observed_on,
    role_standing(r.is_current, r.is_doubted, r.observed_on) as standing, p.id as person_id
from member
join company_person_roles as r on r.company_id = member.id and r.is_current
join persons as p on p.id = r.person_id and p.merged_into_id is null
order by p.id, r.is_doubted, r.is_decision_maker desc, r.observed_on desc nulls last, r.id
