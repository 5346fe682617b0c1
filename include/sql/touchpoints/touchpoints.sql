-- Touchpoints: writing them one by one or in bulk, and reading them. The counters of conversations follow by triggers.

-- name: create_touchpoints
-- Adds the touchpoints in :rows, a JSON array; those whose id or message is there already are left alone. Returns the
-- ids of the new ones. Each has its own time, so that those of one transaction are in order, too.
insert into touchpoints (
    id, conversation_id, channel, direction, subject, content, response, scheduled_for, sent_at, delivered_at, opened_at,
    clicked_at, replied_at, bounced_at, failed_at, outcome_details, call_duration_seconds, call_recording_url,
    call_transcript, call_sentiment, email_thread_id, email_message_id, provider, in_reply_to_id, metadata,
    created_by_user_id, created_by_automation, visibility, created_at, updated_at
)
select id, conversation_id, channel, direction, subject, content, response, scheduled_for, sent_at, delivered_at,
       opened_at, clicked_at, replied_at, bounced_at, failed_at, outcome_details, call_duration_seconds,
       call_recording_url, call_transcript, call_sentiment, email_thread_id, email_message_id, provider, in_reply_to_id,
       metadata, created_by_user_id, created_by_automation, visibility, written_at, written_at
from (
    select r.*, clock_timestamp() as written_at
    from json_to_recordset(cast(:rows as json)) as r (
        id uuid, conversation_id uuid, channel text, direction text, subject text, content text, response text,
        scheduled_for timestamptz, sent_at timestamptz, delivered_at timestamptz, opened_at timestamptz,
        clicked_at timestamptz, replied_at timestamptz, bounced_at timestamptz, failed_at timestamptz,
        outcome_details text, call_duration_seconds integer, call_recording_url text, call_transcript text,
        call_sentiment text, email_thread_id text, email_message_id text, provider text, in_reply_to_id uuid,
        metadata jsonb, created_by_user_id uuid, created_by_automation boolean, visibility text
    )
) as given
on conflict do nothing
returning id

-- name: known_touchpoints
-- Which of :rows, a JSON array, are stored already: by their ids, or by their messages.
with given as (
    select *
    from json_to_recordset(cast(:rows as json)) as r (position integer, id uuid, provider text, email_message_id text)
)
select g.position, t.id, t.conversation_id
from given as g
join touchpoints as t on t.id = g.id
union
select g.position, t.id, t.conversation_id
from given as g
join touchpoints as t on t.provider = g.provider and t.email_message_id = g.email_message_id
union
select g.position, t.id, t.conversation_id
from given as g
join touchpoints as t on t.provider is null and g.provider is null and t.email_message_id = g.email_message_id

-- name: find_touchpoints
-- Touchpoints by id, with what a reply to them has to agree with.
select id, conversation_id, direction
from touchpoints
where id = any(cast(:touchpoint_ids as uuid[]))

-- name: mark_answered
-- Gives the messages that these new touchpoints answer the time of their first answer.
update touchpoints as t
set replied_at = least(t.replied_at, answers.answered_at), written_by = default
from (
    select in_reply_to_id as id, min(coalesce(sent_at, replied_at, created_at)) as answered_at
    from touchpoints
    where id = any(cast(:touchpoint_ids as uuid[])) and direction = 'inbound' and in_reply_to_id is not null
    group by in_reply_to_id
) as answers
where t.id = answers.id
  and t.direction = 'outbound'
  and t.replied_at is distinct from least(t.replied_at, answers.answered_at)

-- name: find_touchpoint
-- One touchpoint, by its id.
select * from touchpoints where id = :touchpoint_id

-- name: touchpoints_of_conversation
-- A conversation's touchpoints, the newest first.
select *
from touchpoints
where conversation_id = :conversation_id
order by created_at desc, sent_at desc nulls last, id
limit :limit

-- name: touchpoint_history
-- A conversation's touchpoints in short, the newest first.
select * from get_touchpoint_history(:conversation_id)

-- name: engagement_metrics
-- What became of a conversation's e-mails; no row for an unknown conversation.
select m.*
from conversations as v
cross join lateral get_conversation_engagement_metrics(v.id) as m
where v.id = :conversation_id

-- name: lock_touchpoint
-- Locks a touchpoint until the transaction ends.
select id from touchpoints where id = :touchpoint_id for no key update

-- name: is_message_taken
-- True when another touchpoint has the message that :changes, a JSON object, gives to this one.
select exists (
    select
    from touchpoints as was
    cross join lateral jsonb_populate_record(was, cast(:changes as jsonb)) as r
    join touchpoints as t on t.email_message_id = r.email_message_id and t.id <> was.id
    where was.id = :touchpoint_id
      and ((t.provider = r.provider) or (t.provider is null and r.provider is null))
)

-- name: update_touchpoint
-- Writes the columns named in :changes, a JSON object, where one of them differs. The touchpoint is locked.
update touchpoints as t
set conversation_id = r.conversation_id,
    channel = r.channel,
    direction = r.direction,
    subject = r.subject,
    content = r.content,
    response = r.response,
    scheduled_for = r.scheduled_for,
    sent_at = r.sent_at,
    delivered_at = r.delivered_at,
    opened_at = r.opened_at,
    clicked_at = r.clicked_at,
    replied_at = r.replied_at,
    bounced_at = r.bounced_at,
    failed_at = r.failed_at,
    outcome_details = r.outcome_details,
    call_duration_seconds = r.call_duration_seconds,
    call_recording_url = r.call_recording_url,
    call_transcript = r.call_transcript,
    call_sentiment = r.call_sentiment,
    email_thread_id = r.email_thread_id,
    email_message_id = r.email_message_id,
    provider = r.provider,
    in_reply_to_id = r.in_reply_to_id,
    metadata = r.metadata,
    created_by_user_id = r.created_by_user_id,
    created_by_automation = r.created_by_automation,
    visibility = r.visibility,
    written_by = default
from touchpoints as was
cross join lateral jsonb_populate_record(was, cast(:changes as jsonb)) as r
where was.id = :touchpoint_id and t.id = was.id and r is distinct from was
returning t.*

-- name: record_opened
-- When a message was opened first.
update touchpoints
set opened_at = least(opened_at, :at), written_by = default
where id = :touchpoint_id and opened_at is distinct from least(opened_at, :at)
returning *

-- name: record_clicked
-- When a link in a message was followed first; who follows one has opened the message.
update touchpoints
set clicked_at = least(clicked_at, :at), opened_at = least(opened_at, :at), written_by = default
where id = :touchpoint_id
  and (clicked_at, opened_at) is distinct from (least(clicked_at, :at), least(opened_at, :at))
returning *

-- name: record_replied
-- When a message was answered first, and that answer.
update touchpoints
set replied_at = least(replied_at, :at),
    response = case when response is null or :at < replied_at then :response else response end,
    written_by = default
where id = :touchpoint_id
  and (
      replied_at is distinct from least(replied_at, :at)
      or response is distinct from case when response is null or :at < replied_at then :response else response end
  )
returning *

-- name: add_participants
-- Contacts who took part in a touchpoint, besides the one the conversation is with.
insert into touchpoint_participants (touchpoint_id, contact_id)
select t.id, c.id
from touchpoints as t
join conversations as v on v.id = t.conversation_id
join contacts as c on c.id = any(cast(:contact_ids as uuid[])) and c.id <> v.contact_id
where t.id = :touchpoint_id
order by c.id
on conflict (touchpoint_id, contact_id) do nothing
