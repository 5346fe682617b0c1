-- What somebody who writes to a contact should know.

-- name: contact
-- The contact and why not to write to them, if so; with :with_company the company (the one it was merged into, if it
-- was), and the briefing on it, if there is one and no more (of the org, when :org_id is given).
with contact as (
    select c.id, p.full_name, c.email, p.current_title, c.role, c.interests, c.communication_preferences,
           c.research_data, c.status, c.company_id, role.observed_on as role_seen_on, role.standing as role_standing
    from contacts as c
    join persons as p on p.id = c.person_id
    left join lateral (
        select r.observed_on, role_standing(r.is_current, r.is_doubted, r.observed_on) as standing
        from company_person_roles as r
        where r.person_id = c.person_id and r.company_id = c.company_id
        order by r.is_current desc, r.is_doubted, r.observed_on desc nulls last, r.id
        limit 1
    ) as role on true
    -- A contact whose person was merged leads to the contact of the one they were merged into.
    where c.id = (
        select coalesce(kept.id, own.id)
        from contacts as own
        join persons as named on named.id = own.person_id
        left join contacts as kept on kept.person_id = named.merged_into_id
        where own.id = :contact_id
    )
),
company as (
    select m.*
    from companies as own
    join companies as m on m.id = coalesce(own.merged_into_id, own.id)
    where own.id = (select company_id from contact)
),
only_briefing as (
    -- By the company's own domain, else by those of companies that were merged into it.
    select (array_agg(id))[1] as id
    from (
        select b.id, rank() over (order by b.company_domain is distinct from company.domain) as place
        from company
        join companies as named on company.id in (named.id, named.merged_into_id)
        join company_intel_briefings as b on b.company_domain = named.domain
        where :with_company and (cast(:org_id as uuid) is null or b.org_id = :org_id)
    ) as known
    where place = 1
    having count(*) = 1
)
select contact.id, contact.full_name as name, contact.email, contact.current_title as title, contact.role,
       contact.role_seen_on, contact.role_standing, contact.interests, contact.communication_preferences, contact.research_data, contact.status,
       contact.communication_preferences ->> 'do_not_contact' is not distinct from 'true' as do_not_contact,
       exists (
           select
           from companies as named
           join account_suppressions as s on s.account_domain = named.domain
           where company.id in (named.id, named.merged_into_id)
             and (s.suppressed_until is null or s.suppressed_until > now())
       ) as is_account_suppressed,
       (select count(*) from conversations as v where v.contact_id = contact.id) as conversations,
       company.id as company_id, company.name as company_name, company.domain as company_domain,
       company.primary_industry as company_industry, company.research_data as company_research_data,
       company.last_researched_at as company_last_researched_at,
       b.id as briefing_id, b.researched_at as briefed_at, b.raw_parallel_output as briefing
from contact
left join company on true
left join company_intel_briefings as b on b.id = (select id from only_briefing)

-- name: active_conversations
-- The contact's active conversations, the latest touched first.
select *
from conversations
where contact_id = :contact_id and status = 'active'
order by last_touchpoint_at desc nulls last, id

-- name: engagement
-- The newest touchpoints of a conversation, each with the rates of all its e-mails; without any, one row of rates.
select t.*, m.*
from get_conversation_engagement_metrics(:conversation_id) as m
left join lateral (
    select *
    from touchpoints
    where conversation_id = :conversation_id
    order by created_at desc, sent_at desc nulls last, id
    limit :limit
) as t on true
order by t.created_at desc, t.sent_at desc nulls last, t.id

-- name: network
-- The contact's relationships, the oldest first, with whom they are; colleagues are of the same company.
select r.*, other.id as colleague_id, p.full_name as colleague_name, p.current_title as colleague_title,
       r.strength as relationship_strength,
       r.relationship_type = 'colleagues' and coalesce(other.company_id = self.company_id, false) as is_colleague
from (
    select * from relationships where contact_id_1 = :contact_id
    union all
    select * from relationships where contact_id_2 = :contact_id
) as r
join contacts as self on self.id = :contact_id
join contacts as other on other.id in (r.contact_id_1, r.contact_id_2) and other.id <> self.id
join persons as p on p.id = other.person_id
order by r.created_at, r.id
