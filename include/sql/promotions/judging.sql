-- May somebody become a contact? Asked by the plan, and once more under locks when it is carried out.

-- name: stage_addresses
-- The personal addresses of the candidates, also those they had before they turned out to be one person.
insert into promotion_addresses (person_id, email, channel_id)
select member.person_id, h.value_key, max(h.id)
from (
    select person_id, person_id as member_id from promotion_candidates
    union
    select p.merged_into_id, p.id
    from persons as p
    where p.merged_into_id in (select person_id from promotion_candidates)
) as member
join contact_channels as h on h.person_id = member.member_id and h.channel_type = 'email' and h.is_identity
group by member.person_id, h.value_key

-- name: candidate_addresses
-- The addresses that may be suppressed, each once.
select distinct email from promotion_addresses

-- name: note_suppressed
-- Notes why addresses are suppressed.
update promotion_addresses as a
set suppressed = given.reason
from unnest(cast(:emails as text[]), cast(:reasons as text[])) as given (email, reason)
where a.email = given.email

-- name: judge
-- Concludes a verdict on each candidate that has none, and the address to write to. Who asked for no mail at any address
-- is left alone; an address that only does not work counts as none, unless it is all there is.
with doubtful as materialized (
    select distinct m.entity_type, pair.id
    from merge_candidates as m
    cross join lateral (values (m.left_id), (m.right_id)) as pair (id)
    where m.status = 'open'
),
-- Somebody may have become a contact before they turned out to be this person.
contact as materialized (
    select distinct on (member.person_id)
        member.person_id, k.id, k.status, k.communication_preferences ->> 'do_not_contact' = 'true' as wants_none
    from (
        select person_id, person_id as member_id from promotion_candidates
        union
        select p.merged_into_id, p.id
        from persons as p
        where p.merged_into_id in (select person_id from promotion_candidates)
    ) as member
    join contacts as k on k.person_id = member.member_id
    order by member.person_id, k.status <> 'active' desc, k.id
),
left_alone as materialized (
    select s.account_domain
    from account_suppressions as s
    where s.suppressed_until is null or s.suppressed_until > now()
),
suppressed_account as materialized (
    select coalesce(m.merged_into_id, m.id) as company_id
    from companies as m
    where m.domain in (select account_domain from left_alone)
    union
    select a.company_id
    from accounts as a
    where a.company_id is not null and a.account_domain in (select account_domain from left_alone)
),
-- Hashes are costly, and made only where there is something to compare them with.
identity as materialized (
    select person_id, kind, keyed_hash(kind, value) as value_hash
    from (
        select person_id, 'email' as kind, email as value
        from promotion_addresses
        union all
        select c.person_id, identified.kind, identified.value
        from promotion_candidates as c
        join persons as p on p.id = c.person_id
        cross join lateral (
            values ('linkedin', p.linkedin_url), ('name_at_company', p.name_key || '@' || c.company_id)
        ) as identified (kind, value)
    ) as named
    where value is not null and exists (select from erased_identities)
),
erased as materialized (
    select distinct identity.person_id
    from identity
    join erased_identities as e on e.kind = identity.kind and e.value_hash = identity.value_hash
),
domain as materialized (
    select coalesce(m.merged_into_id, m.id) as company_id, keyed_hash('domain', m.domain) as value_hash
    from companies as m
    where m.domain is not null
      and (
          m.id in (select company_id from promotion_candidates)
          or m.merged_into_id in (select company_id from promotion_candidates)
      )
      and exists (select from suppressed_addresses where kind = 'domain')
),
silent as materialized (
    select domain.company_id
    from domain
    join suppressed_addresses as s on s.kind = 'domain' and s.value_hash = domain.value_hash
),
address as materialized (
    select a.person_id,
           bool_or(a.suppressed <> 'bounced') as wants_none,
           bool_and(a.suppressed is not null) as all_suppressed,
           -- The one at the company's own domain first, then the one found last; none of a company that was left.
           (array_agg(a.email order by split_part(a.email, '@', 2) = m.domain desc nulls last, a.channel_id desc)
               filter (where a.suppressed is null and other.id is null and h.validation_status <> 'stale'))[1] as email
    from promotion_addresses as a
    join contact_channels as h on h.id = a.channel_id
    join promotion_candidates as c on c.person_id = a.person_id
    join companies as m on m.id = c.company_id
    left join contacts as other on other.email = a.email and other.person_id <> a.person_id
    group by a.person_id
),
judged as (
    select c.ctid as place,
           k.id as contact_id,
           address.email,
           case
               when c.person_id in (select person_id from erased) then 'erased'
               when address.wants_none or address.all_suppressed then 'address_suppressed'
               when k.status <> 'active' then 'contact_inactive'
               when k.wants_none then 'do_not_contact'
               when c.company_id in (select company_id from suppressed_account) then 'account_suppressed'
               when c.company_id in (select company_id from silent) then 'domain_suppressed'
               when k.id is not null then 'known'
               when c.person_id in (select id from doubtful where entity_type = 'person')
                    or c.found_as in (select id from doubtful where entity_type = 'person') then 'person_doubtful'
               when c.company_id in (select id from doubtful where entity_type = 'company') then 'company_doubtful'
               when c.standing = 'doubted' then 'role_doubted'
               when cast(:confirmed_only as boolean) and c.standing = 'unconfirmed' then 'role_unconfirmed'
               when cast(:require_channel as boolean) and address.email is null and p.linkedin_url is null
                   then 'no_channel'
           end as reason
    from promotion_candidates as c
    join persons as p on p.id = c.person_id
    join companies as m on m.id = c.company_id
    left join contact as k on k.person_id = c.person_id
    left join address on address.person_id = c.person_id
    where c.verdict is null
)
update promotion_candidates as c
set verdict = case
        when judged.reason is null then 'new'
        when judged.reason in ('erased', 'known', 'no_channel') then judged.reason
        when judged.reason in ('person_doubtful', 'company_doubtful', 'role_doubted', 'role_unconfirmed')
            then 'doubtful'
        else 'suppressed'
    end,
    reason = judged.reason,
    email = judged.email,
    contact_id = judged.contact_id
from judged
where judged.place = c.ctid
