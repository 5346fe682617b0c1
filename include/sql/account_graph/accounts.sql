-- An account as a whole: the company, its contacts, how they are connected, and what is talked about.

-- name: account
-- The company of an id (the one it was merged into, if it was), and its totals: of its active contacts, of relationships
-- with an active contact at one end or both, each once, and of conversations with the company. With :with_research also
-- the briefing on it, if there is one and no more (of the org, when :org_id is given).
with company as (
    select m.*
    from companies as asked
    join companies as m on m.id = coalesce(asked.merged_into_id, asked.id)
    where asked.id = :company_id
),
contact as (
    select id, engagement_score, is_decision_maker, is_primary_contact
    from contacts
    where company_id = (select id from company) and status = 'active'
),
counted as (
    select count(*) as contacts, coalesce(sum(engagement_score), 0) as engagement_total,
           count(*) filter (where is_decision_maker) as decision_makers,
           count(*) filter (where is_primary_contact) as primary_contacts
    from contact
),
conversation as (
    select count(*) as conversations, count(*) filter (where status = 'active') as active_conversations
    from conversations
    where company_id = (select id from company)
),
related as (
    select (select count(*) from contact join relationships as r on r.contact_id_1 = contact.id)
         + (
               -- Not by a join: most companies have a few contacts, and one with thousands would be looked through as
               -- if it had no more, for every relationship.
               select count(*)
               from contact
               join relationships as r on r.contact_id_2 = contact.id
               where r.contact_id_1 not in (select id from contact)
           ) as relationships
),
only_briefing as (
    -- By the company's own domain, else by those of companies that were merged into it.
    select (array_agg(id))[1] as id
    from (
        select b.id, rank() over (order by b.company_domain is distinct from company.domain) as place
        from company
        join companies as named on company.id in (named.id, named.merged_into_id)
        join company_intel_briefings as b on b.company_domain = named.domain
        where :with_research and (cast(:org_id as uuid) is null or b.org_id = :org_id)
    ) as known
    where place = 1
    having count(*) = 1
)
select company.id, company.name, company.domain, company.primary_industry as industry,
       company.size, company.employee_range, company.account_tier, company.account_status, company.research_data,
       company.last_researched_at,
       b.id as briefing_id, b.researched_at as briefed_at, b.raw_parallel_output as briefing,
       counted.contacts, counted.engagement_total, counted.decision_makers, counted.primary_contacts,
       conversation.conversations, conversation.active_conversations, related.relationships
from company
cross join counted
cross join conversation
cross join related
left join company_intel_briefings as b on b.id = (select id from only_briefing)

-- name: contacts
-- Active contacts of a company, whole: the primary contact, then decision makers, then by engagement.
with listed as (
    select id
    from contacts
    where company_id = :company_id and status = 'active'
    order by is_primary_contact desc, is_decision_maker desc, engagement_score desc, id
    limit cast(:limit as bigint) offset :offset
)
select p.*
from listed
join contact_profiles as p on p.id = listed.id
order by p.is_primary_contact desc, p.is_decision_maker desc, p.engagement_score desc, p.id

-- name: conversations
-- Conversations with a company, the latest touched first: all with :contact_ids, and of the active ones :limit at most
-- with anybody.
with active as (
    select v.id, p.full_name as contact_name, c.email as contact_email
    from (
        select id, contact_id
        from conversations
        where company_id = :company_id and status = 'active'
        order by last_touchpoint_at desc nulls last, id
        limit cast(:limit as bigint)
    ) as v
    join contacts as c on c.id = v.contact_id
    join persons as p on p.id = c.person_id
),
wanted as (
    select id from active
    union
    select id from conversations where company_id = :company_id and contact_id = any(cast(:contact_ids as uuid[]))
)
select v.*, active.id is not null as is_listed_as_active, active.contact_name, active.contact_email
from wanted
join conversations as v on v.id = wanted.id
left join active on active.id = v.id
order by v.last_touchpoint_at desc nulls last, v.id

-- name: relationships
-- Relationships between two of these contacts, the oldest first.
select r.*
from relationships as r
where r.contact_id_1 = any(cast(:contact_ids as uuid[])) and r.contact_id_2 = any(cast(:contact_ids as uuid[]))
order by r.created_at, r.id
