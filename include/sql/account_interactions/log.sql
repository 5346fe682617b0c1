-- What was done in conversations, as interactions with the account.

-- name: log_touchpoint_interactions
-- Sent touchpoints, meetings, and deals won or lost. Ids follow from what they are about, so that each is there once.
-- Who is not a user (any more) is :system_user. Each was known since it was entered, also when it is logged later.
insert into user_interactions (
    id, user_id, account_domain, interaction_type, interaction_metadata, created_at, known_at
)
select done.id, coalesce(u.id, cast(:system_user as uuid)), coalesce(kept.domain, own.domain), done.interaction_type,
       done.interaction_metadata, done.created_at, done.known_at
from (
    select cast(md5('touchpoint ' || t.id) as uuid) as id, t.created_by_user_id as user_id, v.company_id,
           case t.channel when 'meeting' then 'meeting_booked' else 'contacted' end as interaction_type,
           jsonb_build_object('touchpoint_id', t.id, 'automated', t.created_by_automation) as interaction_metadata,
           -- A meeting is booked when it is entered, not when it takes place.
           case t.channel when 'meeting' then least(t.sent_at, t.created_at) else t.sent_at end as created_at,
           case t.channel when 'meeting' then t.created_at else coalesce(t.sent_recorded_at, t.created_at) end
               as known_at
    from touchpoints as t
    join conversations as v on v.id = t.conversation_id
    where (t.direction = 'outbound' or t.channel = 'meeting')
      and (t.sent_at <= statement_timestamp() or (t.channel = 'meeting' and t.sent_at is null))
      and t.failed_at is null and t.bounced_at is null
    union all
    select cast(md5('conversation transition ' || h.id) as uuid), null, h.company_id, 'deal_' || h.status,
           jsonb_build_object('conversation_id', h.conversation_id, 'automated', false), h.changed_at,
           h.changed_at
    from conversation_transitions as h
    where h.status in ('won', 'lost') and h.from_status is distinct from h.status
) as done
join companies as own on own.id = done.company_id
left join companies as kept on kept.id = own.merged_into_id
left join users as u on u.id = done.user_id
where coalesce(kept.domain, own.domain) is not null
  and not exists (select from user_interactions as i where i.id = done.id)
order by done.id
on conflict (id) do nothing
