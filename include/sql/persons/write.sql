-- Writing what the staged mentions say about the persons found or created.

-- name: write_channels
-- E-mail and phone of the persons found so far. An address that already identifies somebody else is kept as a
-- channel but identifies nobody new; of two newcomers with one address the first owns it.
with channel as (
    select distinct on (person_id, channel_type, value_key) *
    from (
        select ordinal, person_id, 'email' as channel_type, email as value, email as value_key,
               email_is_identity as is_identity
        from staged_persons
        where wave = :wave and email is not null and person_id is not null
        union all
        select ordinal, person_id, 'phone', phone, phone_key, false
        from staged_persons
        where wave = :wave and phone_key is not null and person_id is not null
    ) as named
    order by person_id, channel_type, value_key, ordinal
)
insert into contact_channels (person_id, channel_type, value, value_key, is_identity)
select person_id, channel_type, value, value_key,
       is_identity
       and row_number() over (partition by channel_type, value_key order by ordinal) = 1
       and not exists (
           select from contact_channels as owned
           where owned.channel_type = channel.channel_type and owned.value_key = channel.value_key and owned.is_identity
       )
from channel
on conflict (person_id, channel_type, value_key) do nothing

-- name: write_roles
-- The roles people were seen in. Newer evidence moves observed_on, says anew for which target function the role was
-- found, and takes back that the role was over, for all its own day says; nothing else of a known role changes. Notes
-- whose evidence is other than before, for whoever settles what follows.
with written as (
    insert into company_person_roles as known (
        company_id, person_id, role_title, role_key, role_category, seniority, is_decision_maker, observed_on,
        target_function, target_match, source_system
    )
    select distinct on (company_id, person_id, role_key)
        company_id, person_id, title, role_key, role_category, seniority, is_decision_maker, observed_on,
        first_value(target_function) over looked_for, first_value(target_match) over looked_for, :source_system
    from staged_persons
    where wave = :wave and company_id is not null and person_id is not null
    window looked_for as (
        partition by company_id, person_id, role_key order by target_match is null, observed_on desc nulls last, ordinal
    )
    order by company_id, person_id, role_key, observed_on desc nulls last, ordinal
    on conflict (company_id, person_id, role_key) do update
    set observed_on = greatest(known.observed_on, excluded.observed_on),
        is_current = known.is_current or coalesce(
            excluded.observed_on > greatest(known.observed_on, known.ended_on), false
        ),
        ended_on = case
            when excluded.observed_on > greatest(known.observed_on, known.ended_on) then null
            else known.ended_on
        end,
        ended_because = case
            when excluded.observed_on > greatest(known.observed_on, known.ended_on) then null
            else known.ended_because
        end,
        target_function = case
            when known.target_match is null
                 or (
                     excluded.target_match is not null
                     and excluded.observed_on > coalesce(known.observed_on, '-infinity')
                 )
                then excluded.target_function
            else known.target_function
        end,
        target_match = case
            when known.target_match is null
                 or (
                     excluded.target_match is not null
                     and excluded.observed_on > coalesce(known.observed_on, '-infinity')
                 )
                then excluded.target_match
            else known.target_match
        end,
        written_by = excluded.written_by,
        updated_at = now()
    where excluded.observed_on > known.observed_on
       or (excluded.observed_on is not null and known.observed_on is null)
       or (excluded.target_match is not null and known.target_match is null)
    returning id, company_id, person_id, role_key
)
insert into changed_roles (role_id, company_id, person_id, role_key)
select id, company_id, person_id, role_key
from written

-- name: fill_gaps
-- Fills what was unknown; a title is replaced by newer evidence only, so that two sources of one day never swap.
-- Rows are locked in id order: two transactions may reach the same persons by different keys.
with news as (
    select
        s.person_id as id,
        (array_agg(s.first_name order by s.ordinal) filter (where s.first_name is not null))[1] as first_name,
        (array_agg(s.last_name order by s.ordinal) filter (where s.last_name is not null))[1] as last_name,
        (array_agg(s.location_text order by s.ordinal) filter (where s.location_text is not null))[1] as location_text,
        (array_agg(s.bio order by s.ordinal) filter (where s.bio is not null))[1] as bio,
        (array_agg(s.title order by s.observed_on desc nulls last, s.ordinal) filter (where s.title is not null))[1]
            as title,
        (array_agg(s.seniority order by s.observed_on desc nulls last, s.ordinal)
            filter (where s.title is not null))[1] as seniority,
        max(s.observed_on) filter (where s.title is not null) as observed_on
    from staged_persons as s
    where not s.is_source
    group by s.person_id
),
judged as materialized (
    select news.*,
           news.title is not null
           and (p.current_title is null or news.observed_on > coalesce(p.title_observed_on, '-infinity'::date))
               as is_newer
    from news
    join persons as p on p.id = news.id
    where (
              news.title is not null
              and (p.current_title is null or news.observed_on > coalesce(p.title_observed_on, '-infinity'::date))
          )
       or (p.first_name is null and news.first_name is not null)
       or (p.last_name is null and news.last_name is not null)
       or (p.location_text is null and news.location_text is not null)
       or (p.bio is null and news.bio is not null)
    order by p.id
    for no key update of p
)
update persons as p
set first_name = coalesce(p.first_name, j.first_name),
    last_name = coalesce(p.last_name, j.last_name),
    location_text = coalesce(p.location_text, j.location_text),
    bio = coalesce(p.bio, j.bio),
    current_title = case when j.is_newer then j.title else p.current_title end,
    seniority = case when j.is_newer then j.seniority else p.seniority end,
    title_observed_on = case when j.is_newer then j.observed_on else p.title_observed_on end,
    updated_at = now(),
    written_by = default
from judged as j
where p.id = j.id

-- name: record_doubtful
-- Records doubtful pairs: somebody who came with another's e-mail, or a new person who shares name and company with
-- another, may be the same person.
insert into merge_candidates (entity_type, left_id, right_id, reason, evidence)
select distinct on (least(pair.new_id, pair.other_id), greatest(pair.new_id, pair.other_id))
    'person',
    least(pair.new_id, pair.other_id),
    greatest(pair.new_id, pair.other_id),
    pair.reason,
    pair.evidence
from (
    select
        p.id as new_id,
        coalesce(o.merged_into_id, o.id) as other_id,
        case
            when p.linkedin_url is not null and o.linkedin_url is not null then 'same_email_different_profile'
            when p.name_key <> o.name_key then 'same_email_different_name'
            else 'same_email'
        end as reason,
        jsonb_build_object('channel_id', c.id) as evidence
    from staged_persons as s
    join persons as p on p.id = s.person_id
    join contact_channels as c on c.channel_type = 'email' and c.is_identity and c.value_key = s.email
    join persons as o on o.id = c.person_id
    where s.email_is_identity and c.person_id <> s.person_id
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
