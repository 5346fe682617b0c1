"""The account model: contacts, how they are connected, conversations and touchpoints, with their counters.

Revision: 0015, after 0014
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_ATTEMPT = sa.text("nullif(current_setting('prospecting.task_attempt', true), '')::bigint")

_COMPANY_CHECKS = {
    "size": "size in ('small', 'medium', 'large', 'enterprise')",
    "research_data": "jsonb_typeof(research_data) = 'object'",
    "account_tier": "account_tier in ('strategic', 'tier1', 'tier2', 'tier3')",
    "account_status": "account_status in ('prospecting', 'engaged', 'customer', 'churned')",
    "counts": "total_contacts >= 0 and active_conversations >= 0",
}
_COMPANY_COLUMNS = (
    "size",
    "headquarters_location",
    "country",
    "research_data",
    "account_tier",
    "account_status",
    "total_contacts",
    "active_conversations",
    "last_researched_at",
)

_CONTACT_PROFILES = """
create view contact_profiles with (security_invoker = true) as
select c.id, c.company_id, c.person_id,
       coalesce(p.first_name, p.full_name) as first_name, coalesce(p.last_name, '') as last_name, p.full_name,
       c.email, phone.value as phone, p.current_title as title, c.role, c.department, c.seniority_level,
       p.linkedin_url, c.twitter_url, c.personal_website, c.interests, c.communication_preferences, c.research_data,
       c.engagement_score, c.last_engaged_at, c.total_touchpoints, c.status, c.is_primary_contact, c.is_decision_maker,
       c.is_champion, c.last_researched_at, c.job_changed_at, c.source_system, c.created_at, c.updated_at
from contacts as c
join persons as p on p.id = c.person_id
left join lateral (
    select value from contact_channels as h
    where h.person_id = c.person_id and h.channel_type = 'phone'
    order by h.id desc
    limit 1
) as phone on true"""

_ACCOUNT_OVERVIEW = """
create materialized view account_overview as
with contact as (
    select company_id, count(*) as total, count(*) filter (where is_primary_contact) as primary_contacts,
           count(*) filter (where is_decision_maker) as decision_makers
    from contacts
    where company_id is not null
    group by company_id
),
conversation as (
    select company_id, count(*) as total, count(*) filter (where status = 'active') as active,
           count(*) filter (where status = 'won') as won, sum(touchpoint_count) as touchpoints,
           sum(response_count) as replies, max(last_touchpoint_at) as last_touchpoint_at,
           max(last_response_at) as last_reply_at
    from conversations
    group by company_id
),
connected as (
    select company_id, count(*) as total
    from (
        select case side when 1 then one.company_id else nullif(other.company_id, one.company_id) end as company_id
        from relationships as r
        join contacts as one on one.id = r.contact_id_1
        join contacts as other on other.id = r.contact_id_2
        cross join (values (1), (2)) as sides (side)
    ) as ends
    where company_id is not null
    group by company_id
)
select m.id as company_id, m.name as company_name, m.domain, m.primary_industry as industry, m.account_tier,
       m.account_status, coalesce(contact.total, 0) as total_contacts,
       coalesce(contact.primary_contacts, 0) as primary_contacts,
       coalesce(contact.decision_makers, 0) as decision_makers,
       coalesce(conversation.total, 0) as total_conversations,
       coalesce(conversation.active, 0) as active_conversations, coalesce(conversation.won, 0) as won_conversations,
       coalesce(conversation.touchpoints, 0) as total_touchpoints, coalesce(conversation.replies, 0) as total_replies,
       conversation.last_touchpoint_at, conversation.last_reply_at,
       coalesce(connected.total, 0) as total_relationships, m.created_at, m.updated_at
from companies as m
left join contact on contact.company_id = m.id
left join conversation on conversation.company_id = m.id
left join connected on connected.company_id = m.id
where m.merged_into_id is null"""

_ACCOUNT_OVERVIEW_INDEX = "create unique index uq_account_overview_company_id on account_overview (company_id)"

# Counters follow their rows: statement triggers with transition tables, so that a bulk write costs one update per
# parent, and moves between parents are covered. Parents are locked in the order of their ids in one statement and
# counted in the next, whose snapshot sees what others have committed meanwhile.
#
# Counts move by differences, whatever the statement: one that inserts, updates and deletes at once (an upsert, a move
# by CTE) fires several of these triggers, and each adds what it alone saw. Last times and averages are looked up again
# where they may have become less. A counter that was wrong before stops at 0, and refuses no write because of it.
#
# The plan of a function is made once in a session, for as many rows as the first statement had and as the tables had
# then. So old and new rows are never joined, as that would compare 100,000 rows with 100,000 in nested loops: side by
# side, as +1 and -1, what did not change cancels out. And tables are looked up by key, however small they were.
_COUNT_CONTACTS = """
create function count_contacts() returns trigger language plpgsql set enable_seqscan = off as $$
declare
    companies_changed bigint[];
    differences integer[];
begin
    if tg_op = 'TRUNCATE' then
        update companies set total_contacts = 0 where total_contacts <> 0;
        return null;
    elsif tg_op = 'INSERT' then
        select array_agg(company_id), array_agg(difference) into companies_changed, differences
        from (
            select company_id, count(*)::integer as difference
            from new_rows
            where company_id is not null
            group by company_id
        ) as changed;
    elsif tg_op = 'DELETE' then
        select array_agg(company_id), array_agg(difference) into companies_changed, differences
        from (
            select company_id, -count(*)::integer as difference
            from old_rows
            where company_id is not null
            group by company_id
        ) as changed;
    else
        select array_agg(company_id), array_agg(difference) into companies_changed, differences
        from (
            select company_id, sum(side)::integer as difference
            from (select company_id, 1 as side from new_rows union all select company_id, -1 from old_rows) as sides
            where company_id is not null
            group by company_id
            having sum(side) <> 0
        ) as changed;
    end if;
    if companies_changed is not null then
        perform from companies where id = any(companies_changed) order by id for no key update;
        update companies as m set total_contacts = greatest(m.total_contacts + changed.difference, 0)
        from unnest(companies_changed, differences) as changed (company_id, difference)
        where m.id = changed.company_id;
    end if;
    return null;
end
$$"""

_COUNT_CONVERSATIONS = """
create function count_conversations() returns trigger language plpgsql set enable_seqscan = off as $$
declare
    companies_changed bigint[];
    differences integer[];
    contacts_changed uuid[];
begin
    if tg_op = 'TRUNCATE' then
        update companies set active_conversations = 0 where active_conversations <> 0;
        update contacts set total_touchpoints = 0, last_engaged_at = null
        where total_touchpoints <> 0 or last_engaged_at is not null;
        return null;
    elsif tg_op = 'INSERT' then
        select array_agg(company_id), array_agg(difference) into companies_changed, differences
        from (
            select company_id, count(*)::integer as difference from new_rows where status = 'active' group by company_id
        ) as changed;
    elsif tg_op = 'DELETE' then
        select array_agg(company_id), array_agg(difference) into companies_changed, differences
        from (
            select company_id, -count(*)::integer as difference
            from old_rows
            where status = 'active'
            group by company_id
        ) as changed;
        select array_agg(distinct contact_id) into contacts_changed from old_rows where touchpoint_count > 0;
    else
        select array_agg(company_id), array_agg(difference) into companies_changed, differences
        from (
            select company_id, sum(side)::integer as difference
            from (
                select company_id, 1 as side from new_rows where status = 'active'
                union all
                select company_id, -1 from old_rows where status = 'active'
            ) as sides
            group by company_id
            having sum(side) <> 0
        ) as changed;
        select array_agg(distinct contact_id) into contacts_changed
        from (
            select contact_id
            from (
                select id, contact_id, touchpoint_count, last_touchpoint_at, 1 as side from new_rows
                union all
                select id, contact_id, touchpoint_count, last_touchpoint_at, -1 from old_rows
            ) as sides
            group by id, contact_id, touchpoint_count, last_touchpoint_at
            having sum(side) <> 0
        ) as changed;
    end if;
    if companies_changed is not null then
        perform from companies where id = any(companies_changed) order by id for no key update;
        update companies as m set active_conversations = greatest(m.active_conversations + changed.difference, 0)
        from unnest(companies_changed, differences) as changed (company_id, difference)
        where m.id = changed.company_id;
    end if;
    if contacts_changed is not null then
        perform recount_contacts(contacts_changed);
    end if;
    return null;
end
$$"""

# A contact has few conversations: their counts are added up again each time.
_RECOUNT_CONTACTS = """
create function recount_contacts(contact_ids uuid[]) returns void language plpgsql set enable_seqscan = off as $$
begin
    perform from contacts where id = any(contact_ids) order by id for no key update;
    update contacts as c
    set total_touchpoints = counted.total, last_engaged_at = counted.last_at
    from (
        select wanted.id, coalesce(sum(v.touchpoint_count), 0)::integer as total, max(v.last_touchpoint_at) as last_at
        from unnest(contact_ids) as wanted (id)
        left join conversations as v on v.contact_id = wanted.id
        group by wanted.id
    ) as counted
    where c.id = counted.id
      and (c.total_touchpoints, c.last_engaged_at) is distinct from (counted.total, counted.last_at);
end
$$"""

# A contact's counters follow from the conversation's, by the trigger above. Last times and the average are looked up
# together: a maximum alone would be sought from the end of an index over all conversations.
_COUNT_TOUCHPOINTS = """
create function count_touchpoints() returns trigger language plpgsql set enable_seqscan = off as $$
declare
    changed uuid[];
    touchpoints_added integer[];
    responses_added integer[];
    last_sent timestamptz[];
    last_responded timestamptz[];
    averages_change boolean[];
begin
    if tg_op = 'TRUNCATE' then
        update conversations
        set touchpoint_count = 0, response_count = 0, last_touchpoint_at = null, last_response_at = null,
            avg_response_time_hours = null
        where (touchpoint_count, response_count, last_touchpoint_at, last_response_at, avg_response_time_hours)
              is distinct from (0, 0, null, null, null);
        return null;
    elsif tg_op = 'INSERT' then
        select array_agg(conversation_id), array_agg(touchpoints), array_agg(responses), array_agg(sent),
               array_agg(responded), array_agg(average_changes)
        into changed, touchpoints_added, responses_added, last_sent, last_responded, averages_change
        from (
            select conversation_id, count(*)::integer as touchpoints, count(responded_at)::integer as responses,
                   max(sent_at) as sent, max(responded_at) as responded,
                   coalesce(bool_or(direction = 'outbound' and replied_at >= sent_at), false) as average_changes
            from new_rows
            group by conversation_id
        ) as added;
    elsif tg_op = 'DELETE' then
        select array_agg(conversation_id), array_agg(touchpoints), array_agg(responses)
        into changed, touchpoints_added, responses_added
        from (
            select conversation_id, -count(*)::integer as touchpoints, -count(responded_at)::integer as responses
            from old_rows
            group by conversation_id
        ) as removed;
    else
        select array_agg(conversation_id), array_agg(touchpoints), array_agg(responses)
        into changed, touchpoints_added, responses_added
        from (
            select conversation_id, sum(side)::integer as touchpoints,
                   coalesce(sum(side) filter (where responded_at is not null), 0)::integer as responses
            from (
                select conversation_id, responded_at, sum(side) as side
                from (
                    select id, conversation_id, direction, sent_at, replied_at, responded_at, 1 as side from new_rows
                    union all
                    select id, conversation_id, direction, sent_at, replied_at, responded_at, -1 from old_rows
                ) as sides
                group by id, conversation_id, direction, sent_at, replied_at, responded_at
                having sum(side) <> 0
            ) as differing
            group by conversation_id
        ) as moved;
    end if;
    if changed is null then
        return null;
    end if;
    perform from conversations where id = any(changed) order by id for no key update;
    update conversations as v
    set touchpoint_count = greatest(v.touchpoint_count + added.touchpoints, 0),
        response_count = greatest(v.response_count + added.responses, 0),
        last_touchpoint_at = case
            when tg_op = 'INSERT' then greatest(v.last_touchpoint_at, added.sent) else found.sent
        end,
        last_response_at = case
            when tg_op = 'INSERT' then greatest(v.last_response_at, added.responded) else found.responded
        end,
        avg_response_time_hours = case
            when tg_op = 'INSERT' and not added.average_changes then v.avg_response_time_hours
            else round((found.response_seconds / 3600)::numeric, 2)
        end
    from unnest(changed, touchpoints_added, responses_added, last_sent, last_responded, averages_change)
         as added (id, touchpoints, responses, sent, responded, average_changes)
    left join lateral (
        select max(t.sent_at) as sent, max(t.responded_at) as responded,
               avg(extract(epoch from t.replied_at - t.sent_at))
                   filter (where t.direction = 'outbound' and t.replied_at >= t.sent_at) as response_seconds
        from touchpoints as t
        where t.conversation_id = added.id and (tg_op <> 'INSERT' or added.average_changes)
    ) as found on true
    where v.id = added.id;
    return null;
end
$$"""

# A conversation is closed once: going from won to lost keeps the time, and so does an update that would clear it. There
# is no old row when one is inserted.
_CLOSE_CONVERSATION = """
create function close_conversation() returns trigger language plpgsql as $$
begin
    new.closed_at := case
        when new.status in ('closed', 'won', 'lost') then coalesce(new.closed_at, old.closed_at, now())
    end;
    return new;
end
$$"""

_REFUSE_REVERSED_PAIR = """
create function refuse_reversed_pair() returns trigger language plpgsql as $$
begin
    if exists (
        select from relationships as r
        where r.contact_id_1 = new.contact_id_2 and r.contact_id_2 = new.contact_id_1 and r.id <> new.id
    ) then
        raise exception 'Reverse relationship already exists between these contacts'
        using errcode = 'unique_violation', table = 'relationships', constraint = 'uq_relationships_pair',
              hint = 'Change the one that is there, or delete it first';
    end if;
    return new;
end
$$"""

# A conversation that moves to another company leaves a row at the one it came from, and one with no status before at
# the one it came to: the newest row of a conversation and company says how it stands there.
_RECORD_TRANSITIONS = """
create function record_conversation_transitions() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        insert into conversation_transitions (conversation_id, contact_id, company_id, from_status, status)
        select id, contact_id, company_id, null, status from new_rows;
    elsif tg_op = 'DELETE' then
        insert into conversation_transitions (conversation_id, contact_id, company_id, from_status, status)
        select id, contact_id, company_id, status, null from old_rows;
    elsif tg_op = 'TRUNCATE' then
        insert into conversation_transitions (conversation_id, contact_id, company_id, from_status, status)
        select id, contact_id, company_id, status, null from conversations;
    else
        insert into conversation_transitions (conversation_id, contact_id, company_id, from_status, status)
        select id, contact_id, company_id,
               case when side < 0 then status when company_before = company_id then status_before end,
               case when side > 0 then status end
        from (
            select id, contact_id, company_id, status, side, lag(status) over both_sides as status_before,
                   lag(company_id) over both_sides as company_before, lead(company_id) over both_sides as company_after
            from (
                select id, contact_id, company_id, status, sum(side) as side
                from (
                    select id, contact_id, company_id, status, 1 as side from new_rows
                    union all
                    select id, contact_id, company_id, status, -1 from old_rows
                ) as sides
                group by id, contact_id, company_id, status
                having sum(side) <> 0
            ) as differing
            window both_sides as (partition by id order by side)
        ) as changed
        where side > 0 or company_after is distinct from company_id
        order by id, side;
    end if;
    return null;
end
$$"""

_QUESTIONS = (
    """
create function get_contact_relationships(contact uuid)
returns table (
    relationship_id uuid, related_contact_id uuid, relationship_type text, strength text, is_verified boolean
)
language sql stable set search_path = public, pg_temp as $$
    select r.id, case r.contact_id_1 when contact then r.contact_id_2 else r.contact_id_1 end, r.relationship_type,
           r.strength, r.is_verified
    from relationships as r
    where contact in (r.contact_id_1, r.contact_id_2)
    order by r.created_at, r.id
$$""",
    """
create function get_colleagues(contact uuid)
returns table (colleague_id uuid, colleague_name text, colleague_title text, relationship_strength text)
language sql stable set search_path = public, pg_temp as $$
    select other.id, p.full_name, p.current_title, r.strength
    from relationships as r
    join contacts as self on self.id = contact
    join contacts as other on other.id = case r.contact_id_1 when contact then r.contact_id_2 else r.contact_id_1 end
                          and other.company_id = self.company_id
    join persons as p on p.id = other.person_id
    where contact in (r.contact_id_1, r.contact_id_2) and r.relationship_type = 'colleagues'
    order by p.full_name, other.id
$$""",
    """
create function get_active_conversations(company bigint)
returns table (
    conversation_id uuid, contact_name text, contact_email text, status text, qualification_tier text,
    touchpoint_count integer, last_touchpoint_at timestamptz
)
language sql stable set search_path = public, pg_temp as $$
    select v.id, p.full_name, c.email, v.status, v.qualification_tier, v.touchpoint_count, v.last_touchpoint_at
    from conversations as v
    join contacts as c on c.id = v.contact_id
    join persons as p on p.id = c.person_id
    where v.company_id = company and v.status = 'active'
    order by v.last_touchpoint_at desc nulls last, v.id
$$""",
    """
create function get_conversations_needing_followup()
returns table (
    conversation_id uuid, contact_id uuid, contact_name text, company_name text, next_touchpoint_at timestamptz,
    days_overdue integer
)
language sql stable set search_path = public, pg_temp as $$
    select v.id, c.id, p.full_name, m.name, v.next_touchpoint_at,
           floor(extract(epoch from now() - v.next_touchpoint_at) / 86400)::integer
    from conversations as v
    join contacts as c on c.id = v.contact_id
    join persons as p on p.id = c.person_id
    join companies as m on m.id = v.company_id
    where v.status = 'active' and v.next_touchpoint_at <= now()
    order by v.next_touchpoint_at, v.id
$$""",
    """
create function get_touchpoint_history(conversation uuid)
returns table (
    touchpoint_id uuid, channel text, direction text, subject text, outcome text, sent_at timestamptz,
    replied_at timestamptz
)
language sql stable set search_path = public, pg_temp as $$
    select t.id, t.channel, t.direction, t.subject, t.outcome, t.sent_at, t.replied_at
    from touchpoints as t
    where t.conversation_id = conversation
    order by t.created_at desc, t.sent_at desc nulls last, t.id
$$""",
    """
create function get_conversation_engagement_metrics(conversation uuid)
returns table (
    total_touchpoints bigint, emails_sent bigint, emails_opened bigint, emails_clicked bigint, emails_replied bigint,
    open_rate numeric, click_rate numeric, reply_rate numeric
)
language sql stable set search_path = public, pg_temp as $$
    select counted.*, coalesce(round(100.0 * opened / nullif(sent, 0), 2), 0),
           coalesce(round(100.0 * clicked / nullif(sent, 0), 2), 0),
           coalesce(round(100.0 * replied / nullif(sent, 0), 2), 0)
    from (
        select count(*) as total, count(*) filter (where is_sent) as sent,
               count(*) filter (where is_sent and opened_at is not null) as opened,
               count(*) filter (where is_sent and clicked_at is not null) as clicked,
               count(*) filter (where is_sent and replied_at is not null) as replied
        from (
            select t.opened_at, t.clicked_at, t.replied_at,
                   t.channel = 'email' and t.direction = 'outbound'
                   and coalesce(t.sent_at, t.delivered_at, t.opened_at, t.clicked_at, t.replied_at, t.bounced_at)
                       is not null as is_sent
            from touchpoints as t
            where t.conversation_id = conversation
        ) as named
    ) as counted
$$""",
    # A role that does not own the view cannot refresh it before PostgreSQL 17, where MAINTAIN can be granted.
    """
create function refresh_account_overview() returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    refresh materialized view concurrently account_overview;
end
$$""",
)


_TOUCHPOINT_COLUMNS = (
    "conversation_id",
    "channel",
    "direction",
    "subject",
    "content",
    "response",
    "scheduled_for",
    "sent_at",
    "delivered_at",
    "opened_at",
    "clicked_at",
    "replied_at",
    "bounced_at",
    "failed_at",
    "outcome_details",
    "call_duration_seconds",
    "call_recording_url",
    "call_transcript",
    "call_sentiment",
    "email_thread_id",
    "email_message_id",
    "provider",
    "in_reply_to_id",
    "metadata",
    "created_by_user_id",
    "created_by_automation",
    "visibility",
)

_TRIGGERS = (
    *(
        f"create trigger count_{change} after {change} on {table} {rows} for each statement "
        f"execute function {function}()"
        for table, function in (
            ("contacts", "count_contacts"),
            ("conversations", "count_conversations"),
            ("touchpoints", "count_touchpoints"),
        )
        for change, rows in (
            ("insert", "referencing new table as new_rows"),
            ("update", "referencing old table as old_rows new table as new_rows"),
            ("delete", "referencing old table as old_rows"),
            ("truncate", ""),
        )
    ),
    *(
        f"create trigger record_{change} after {change} on conversations {rows} for each statement "
        "execute function record_conversation_transitions()"
        for change, rows in (
            ("insert", "referencing new table as new_rows"),
            ("update", "referencing old table as old_rows new table as new_rows"),
            ("delete", "referencing old table as old_rows"),
        )
    ),
    # Before: afterwards nobody knows which they were.
    "create trigger record_truncate before truncate on conversations for each statement "
    "execute function record_conversation_transitions()",
    "create trigger append_only before update or delete or truncate on conversation_transitions for each statement "
    "execute function refuse_change('history is append-only; add a row that says what is true now')",
    "create trigger close_conversation before insert or update of status, closed_at on conversations for each row "
    "execute function close_conversation()",
    "create trigger refuse_reversed_pair before insert or update of contact_id_1, contact_id_2 on relationships "
    "for each row execute function refuse_reversed_pair()",
    # Counters move without a change of anything that somebody said: the statements that keep them do not name these.
    "create trigger set_updated_at before update of person_id, company_id, email, role, department, seniority_level, "
    "twitter_url, personal_website, interests, communication_preferences, research_data, status, is_primary_contact, "
    "is_decision_maker, is_champion, last_researched_at, job_changed_at on contacts for each row "
    "when (old.* is distinct from new.*) execute function update_updated_at_column()",
    "create trigger set_updated_at before update on relationships for each row when (old.* is distinct from new.*) "
    "execute function update_updated_at_column()",
    "create trigger set_updated_at before update of contact_id, company_id, status, qualification_tier, "
    "next_touchpoint_at, context, campaign_id, campaign_name, sequence_step, outcome, outcome_date, outcome_notes, "
    "estimated_value, actual_value, metadata, started_at, closed_at on conversations for each row "
    "when (old.* is distinct from new.*) execute function update_updated_at_column()",
    # Generated columns are not known before the row is: only those that somebody writes can be compared.
    f"create trigger set_updated_at before update on touchpoints for each row when "
    f"(({', '.join(f'old.{column}' for column in _TOUCHPOINT_COLUMNS)}) is distinct from "
    f"({', '.join(f'new.{column}' for column in _TOUCHPOINT_COLUMNS)})) execute function update_updated_at_column()",
)

_TABLES = (
    "touchpoint_events",
    "touchpoint_participants",
    "touchpoints",
    "conversation_transitions",
    "conversations",
    "relationships",
    "contacts",
)
_GRANTS = (
    *(
        f"grant select, insert{'' if table == 'conversation_transitions' else ', update, delete'} on {table} "
        "to prospecting_app"
        for table in _TABLES
    ),
    "grant select on contact_profiles, account_overview to prospecting_app",
    "grant select on contacts, conversations, touchpoints, account_overview to prospecting_api",
    "revoke execute on function refresh_account_overview() from public",
    "grant execute on function refresh_account_overview() to prospecting_app",
    "create policy tasks_all on touchpoints for all to prospecting_app using (true) with check (true)",
    "create policy seen_touchpoints_select on touchpoints for select to prospecting_api using (created_by_automation "
    "or visibility = 'everyone' or created_by_user_id = (select current_user_id()))",
)


def upgrade() -> None:
    op.add_column("companies", sa.Column("size", sa.Text(), nullable=True))
    op.add_column("companies", sa.Column("headquarters_location", sa.Text(), nullable=True))
    op.add_column("companies", sa.Column("country", sa.Text(), nullable=True))
    op.add_column(
        "companies", sa.Column("research_data", JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False)
    )
    op.add_column("companies", sa.Column("account_tier", sa.Text(), nullable=True))
    op.add_column(
        "companies", sa.Column("account_status", sa.Text(), server_default=sa.text("'prospecting'"), nullable=False)
    )
    op.add_column("companies", sa.Column("total_contacts", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.add_column(
        "companies", sa.Column("active_conversations", sa.Integer(), server_default=sa.text("0"), nullable=False)
    )
    op.add_column("companies", sa.Column("last_researched_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "contacts",
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("department", sa.Text(), nullable=True),
        sa.Column("seniority_level", sa.Text(), nullable=True),
        sa.Column("twitter_url", sa.Text(), nullable=True),
        sa.Column("personal_website", sa.Text(), nullable=True),
        sa.Column("interests", JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column("communication_preferences", JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("research_data", JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("engagement_score", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_engaged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("total_touchpoints", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'active'"), nullable=False),
        sa.Column("is_primary_contact", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("is_decision_maker", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("is_champion", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("last_researched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("job_changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("source_system", sa.Text(), server_default=sa.text("'manual'"), nullable=False),
        sa.Column("written_by", sa.BigInteger(), server_default=_ATTEMPT, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "email = lower(email) and email ~ '^[^@[:space:]]+@[^@[:space:]]+$'",
            name=op.f("ck_contacts_email_normalised"),
        ),
        sa.CheckConstraint(
            "jsonb_typeof(communication_preferences) = 'object'", name=op.f("ck_contacts_communication_preferences")
        ),
        sa.CheckConstraint("jsonb_typeof(interests) = 'array'", name=op.f("ck_contacts_interests")),
        sa.CheckConstraint("jsonb_typeof(research_data) = 'object'", name=op.f("ck_contacts_research_data")),
        sa.CheckConstraint("role <> ''", name=op.f("ck_contacts_role_not_empty")),
        sa.CheckConstraint(
            "seniority_level in ('c-level', 'vp', 'director', 'manager', 'individual_contributor')",
            name=op.f("ck_contacts_seniority_level"),
        ),
        sa.CheckConstraint(
            "status in ('active', 'inactive', 'unsubscribed', 'bounced', 'invalid')", name=op.f("ck_contacts_status")
        ),
        sa.CheckConstraint("engagement_score between 0 and 100", name=op.f("ck_contacts_engagement_score")),
        sa.CheckConstraint("total_touchpoints >= 0", name=op.f("ck_contacts_total_touchpoints")),
        sa.ForeignKeyConstraint(
            ["company_id"], ["companies.id"], name=op.f("fk_contacts_company_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name=op.f("fk_contacts_person_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contacts")),
        sa.UniqueConstraint("person_id", name=op.f("uq_contacts_person_id")),
        comment="Persons we engage, one row each; names, titles, phones and profiles are the person's. "
        "last_engaged_at and total_touchpoints are kept by triggers, engagement_score by account_refresh. The view "
        "contact_profiles shows all.",
    )
    op.create_index("ix_contacts_company_id_status", "contacts", ["company_id", "status"], unique=False)
    op.create_index(
        "uq_contacts_email", "contacts", ["email"], unique=True, postgresql_where=sa.text("email is not null")
    )
    op.create_index(
        "uq_contacts_primary_contact",
        "contacts",
        ["company_id"],
        unique=True,
        postgresql_where=sa.text("is_primary_contact and company_id is not null"),
    )
    op.create_table(
        "relationships",
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("contact_id_1", sa.UUID(), nullable=False),
        sa.Column("contact_id_2", sa.UUID(), nullable=False),
        sa.Column("relationship_type", sa.Text(), nullable=False),
        sa.Column("strength", sa.Text(), server_default=sa.text("'medium'"), nullable=False),
        sa.Column("context", sa.Text(), nullable=True),
        sa.Column("metadata", JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("is_verified", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("confidence_score", sa.Numeric(precision=3, scale=2), server_default=sa.text("0.5"), nullable=False),
        sa.Column("discovered_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("last_verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("written_by", sa.BigInteger(), server_default=_ATTEMPT, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("jsonb_typeof(metadata) = 'object'", name=op.f("ck_relationships_metadata")),
        sa.CheckConstraint(
            "relationship_type in ('colleagues', 'reports_to', 'manager_of', 'mentor_mentee', 'collaborators', "
            "'referral', 'introduced_by')",
            name=op.f("ck_relationships_relationship_type"),
        ),
        sa.CheckConstraint("strength in ('weak', 'medium', 'strong')", name=op.f("ck_relationships_strength")),
        sa.CheckConstraint("confidence_score between 0 and 1", name=op.f("ck_relationships_confidence_score")),
        sa.CheckConstraint("contact_id_1 <> contact_id_2", name=op.f("ck_relationships_different_contacts")),
        sa.ForeignKeyConstraint(
            ["contact_id_1"], ["contacts.id"], name=op.f("fk_relationships_contact_id_1"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["contact_id_2"], ["contacts.id"], name=op.f("fk_relationships_contact_id_2"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_relationships")),
        comment="How two contacts are connected, once per pair: contact_id_1 reports to, manages ... contact_id_2.",
    )
    op.create_index("ix_relationships_contact_id_1", "relationships", ["contact_id_1"], unique=False)
    op.create_index("ix_relationships_contact_id_2", "relationships", ["contact_id_2"], unique=False)
    op.create_index(
        "uq_relationships_pair",
        "relationships",
        [
            sa.literal_column("least(contact_id_1, contact_id_2)"),
            sa.literal_column("greatest(contact_id_1, contact_id_2)"),
        ],
        unique=True,
    )
    op.create_table(
        "conversations",
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("contact_id", sa.UUID(), nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'active'"), nullable=False),
        sa.Column("qualification_tier", sa.Text(), nullable=True),
        sa.Column("last_touchpoint_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_touchpoint_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("touchpoint_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_response_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("response_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("avg_response_time_hours", sa.Numeric(precision=10, scale=2), nullable=True),
        sa.Column("context", JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("campaign_id", sa.UUID(), nullable=True),
        sa.Column("campaign_name", sa.Text(), nullable=True),
        sa.Column("sequence_step", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("outcome_date", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome_notes", sa.Text(), nullable=True),
        sa.Column("estimated_value", sa.Numeric(precision=10, scale=2), nullable=True),
        sa.Column("actual_value", sa.Numeric(precision=10, scale=2), nullable=True),
        sa.Column("metadata", JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("written_by", sa.BigInteger(), server_default=_ATTEMPT, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "(closed_at is not null) = (status in ('closed', 'won', 'lost'))", name=op.f("ck_conversations_closed_at")
        ),
        sa.CheckConstraint("jsonb_typeof(context) = 'object'", name=op.f("ck_conversations_context")),
        sa.CheckConstraint("jsonb_typeof(metadata) = 'object'", name=op.f("ck_conversations_metadata")),
        sa.CheckConstraint(
            "qualification_tier in ('scorching', 'hot', 'warm', 'cool', 'cold')",
            name=op.f("ck_conversations_qualification_tier"),
        ),
        sa.CheckConstraint(
            "status in ('active', 'paused', 'nurturing', 'closed', 'won', 'lost')", name=op.f("ck_conversations_status")
        ),
        sa.CheckConstraint("sequence_step >= 0", name=op.f("ck_conversations_sequence_step")),
        sa.CheckConstraint(
            "touchpoint_count >= 0 and response_count >= 0",
            name=op.f("ck_conversations_counts"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id"], ["companies.id"], name=op.f("fk_conversations_company_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name=op.f("fk_conversations_contact_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversations")),
        comment="What is being talked about with a contact, and how far it got. Counts, last times and closed_at are "
        "kept by triggers.",
    )
    op.create_index("ix_conversations_company_id_status", "conversations", ["company_id", "status"], unique=False)
    op.create_index("ix_conversations_contact_id", "conversations", ["contact_id"], unique=False)
    op.create_index(
        "ix_conversations_follow_up",
        "conversations",
        ["next_touchpoint_at"],
        unique=False,
        postgresql_where=sa.text("status = 'active' and next_touchpoint_at is not null"),
    )
    op.create_table(
        "conversation_transitions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("conversation_id", sa.UUID(), nullable=False),
        sa.Column("contact_id", sa.UUID(), nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("from_status", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column(
            "changed_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("written_by", sa.BigInteger(), server_default=_ATTEMPT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversation_transitions")),
        comment="Every change of a conversation's status, contact or company, as they are after it; status is null "
        "once it was deleted, or moved away from this company. Append-only.",
    )
    op.create_index(
        "ix_conversation_transitions_company_id", "conversation_transitions", ["company_id", "id"], unique=False
    )
    op.create_index(
        "ix_conversation_transitions_conversation_id",
        "conversation_transitions",
        ["conversation_id", "id"],
        unique=False,
    )
    op.create_table(
        "touchpoints",
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("conversation_id", sa.UUID(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("content", sa.Text(), nullable=True),
        sa.Column("response", sa.Text(), nullable=True),
        sa.Column("scheduled_for", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("clicked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("replied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("bounced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "outcome",
            sa.Text(),
            sa.Computed(
                "case when replied_at is not null then 'replied' when clicked_at is not null then 'clicked' when "
                "opened_at is not null then 'opened' when bounced_at is not null then 'bounced' when failed_at is not "
                "null then 'failed' when delivered_at is not null then 'delivered' when sent_at is not null then "
                "'sent' when scheduled_for is not null then 'scheduled' end",
                persisted=True,
            ),
            nullable=True,
        ),
        sa.Column(
            "responded_at",
            sa.DateTime(timezone=True),
            sa.Computed(
                "case when direction = 'outbound' or in_reply_to_id is null then replied_at end", persisted=True
            ),
            nullable=True,
        ),
        sa.Column("outcome_details", sa.Text(), nullable=True),
        sa.Column("call_duration_seconds", sa.Integer(), nullable=True),
        sa.Column("call_recording_url", sa.Text(), nullable=True),
        sa.Column("call_transcript", sa.Text(), nullable=True),
        sa.Column("call_sentiment", sa.Text(), nullable=True),
        sa.Column("email_thread_id", sa.Text(), nullable=True),
        sa.Column("email_message_id", sa.Text(), nullable=True),
        sa.Column("provider", sa.Text(), nullable=True),
        sa.Column("in_reply_to_id", sa.UUID(), nullable=True),
        sa.Column("metadata", JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("created_by_user_id", sa.UUID(), nullable=True),
        sa.Column("created_by_automation", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("visibility", sa.Text(), server_default=sa.text("'own'"), nullable=False),
        sa.Column("written_by", sa.BigInteger(), server_default=_ATTEMPT, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "channel in ('email', 'sms', 'call', 'linkedin', 'mail', 'whatsapp', 'meeting')",
            name=op.f("ck_touchpoints_channel"),
        ),
        sa.CheckConstraint("direction in ('outbound', 'inbound')", name=op.f("ck_touchpoints_direction")),
        sa.CheckConstraint("jsonb_typeof(metadata) = 'object'", name=op.f("ck_touchpoints_metadata")),
        sa.CheckConstraint("visibility in ('own', 'everyone')", name=op.f("ck_touchpoints_visibility")),
        sa.CheckConstraint("call_duration_seconds >= 0", name=op.f("ck_touchpoints_call_duration_seconds")),
        sa.CheckConstraint("in_reply_to_id <> id", name=op.f("ck_touchpoints_not_in_reply_to_itself")),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_touchpoints_conversation_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["in_reply_to_id"], ["touchpoints.id"], name=op.f("fk_touchpoints_in_reply_to_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_touchpoints")),
        comment="One message, call or meeting. outcome: how far it got; responded_at: when an answer came, once per "
        "answer: an inbound message that answers one of ours counts there. visibility: own is seen by who created it "
        "and, when created by automation, by all.",
    )
    op.create_index(
        "ix_touchpoints_conversation_id_created_at", "touchpoints", ["conversation_id", "created_at"], unique=False
    )
    op.create_index(
        "ix_touchpoints_in_reply_to_id",
        "touchpoints",
        ["in_reply_to_id"],
        unique=False,
        postgresql_where=sa.text("in_reply_to_id is not null"),
    )
    op.create_index(
        "uq_touchpoints_message",
        "touchpoints",
        ["provider", "email_message_id"],
        unique=True,
        postgresql_where=sa.text("email_message_id is not null"),
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "touchpoint_participants",
        sa.Column("touchpoint_id", sa.UUID(), nullable=False),
        sa.Column("contact_id", sa.UUID(), nullable=False),
        sa.Column("written_by", sa.BigInteger(), server_default=_ATTEMPT, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name=op.f("fk_touchpoint_participants_contact_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["touchpoint_id"],
            ["touchpoints.id"],
            name=op.f("fk_touchpoint_participants_touchpoint_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("touchpoint_id", "contact_id", name=op.f("pk_touchpoint_participants")),
        comment="Contacts who took part besides the one the conversation is with: others at a meeting.",
    )
    op.create_index("ix_touchpoint_participants_contact_id", "touchpoint_participants", ["contact_id"], unique=False)
    op.create_table(
        "touchpoint_events",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("provider_event_id", sa.Text(), nullable=False),
        sa.Column("touchpoint_id", sa.UUID(), nullable=True),
        sa.Column("named_touchpoint_id", sa.UUID(), nullable=True),
        sa.Column("message_id", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recipient_hash", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("written_by", sa.BigInteger(), server_default=_ATTEMPT, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "kind in ('sent', 'delivered', 'deferred', 'opened', 'clicked', 'replied', 'bounced', 'failed', "
            "'unsubscribed', 'complained')",
            name=op.f("ck_touchpoint_events_kind"),
        ),
        sa.CheckConstraint(
            "case when num_nonnulls(message_id, named_touchpoint_id) = 0 then applied_at is not null "
            "else (applied_at is null) = (touchpoint_id is null) end",
            name=op.f("ck_touchpoint_events_applied_at"),
        ),
        sa.CheckConstraint(
            "num_nonnulls(message_id, named_touchpoint_id, recipient_hash) > 0",
            name=op.f("ck_touchpoint_events_message"),
        ),
        sa.CheckConstraint("recipient_hash ~ '^[0-9a-f]{64}$'", name=op.f("ck_touchpoint_events_recipient_hash")),
        sa.ForeignKeyConstraint(
            ["touchpoint_id"], ["touchpoints.id"], name=op.f("fk_touchpoint_events_touchpoint_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_touchpoint_events")),
        sa.UniqueConstraint(
            "provider",
            "provider_event_id",
            "recipient_hash",
            name=op.f("uq_touchpoint_events_provider_provider_event_id_recipient_hash"),
            postgresql_nulls_not_distinct=True,
        ),
        comment="What mail providers told about messages, each event once. One whose message is not known yet waits "
        "for it: applied_at is null. touchpoint_id: the one it was applied to; named_touchpoint_id: the one it came "
        "with. recipient_hash: keyed_hash of the address it was about.",
    )
    op.create_index(
        "ix_touchpoint_events_touchpoint_id",
        "touchpoint_events",
        ["touchpoint_id"],
        unique=False,
        postgresql_where=sa.text("touchpoint_id is not null"),
    )
    op.create_index(
        "ix_touchpoint_events_waiting",
        "touchpoint_events",
        ["id"],
        unique=False,
        postgresql_where=sa.text("applied_at is null"),
    )
    op.create_index(
        "ix_companies_account_tier",
        "companies",
        ["account_tier", "id"],
        unique=False,
        postgresql_where=sa.text("account_tier is not null"),
    )
    op.create_index(
        "ix_companies_account_status",
        "companies",
        ["account_status", "id"],
        unique=False,
        postgresql_where=sa.text("account_status <> 'prospecting'"),
    )
    for name, condition in _COMPANY_CHECKS.items():
        op.create_check_constraint(op.f(f"ck_companies_{name}"), "companies", condition)
    op.execute("alter table touchpoints enable row level security")
    for definition in (
        _RECOUNT_CONTACTS,
        _COUNT_CONTACTS,
        _COUNT_CONVERSATIONS,
        _COUNT_TOUCHPOINTS,
        _CLOSE_CONVERSATION,
        _REFUSE_REVERSED_PAIR,
        _RECORD_TRANSITIONS,
        *_TRIGGERS,
        _CONTACT_PROFILES,
        _ACCOUNT_OVERVIEW,
        _ACCOUNT_OVERVIEW_INDEX,
        *_QUESTIONS,
        *_GRANTS,
    ):
        op.execute(definition.strip())


def downgrade() -> None:
    op.execute(
        "drop function get_contact_relationships, get_colleagues, get_active_conversations, "
        "get_conversations_needing_followup, get_touchpoint_history, get_conversation_engagement_metrics, "
        "refresh_account_overview"
    )
    op.execute("drop materialized view account_overview")
    op.execute("drop view contact_profiles")
    for table in _TABLES:
        op.drop_table(table)
    op.execute(
        "drop function count_contacts, count_conversations, count_touchpoints, recount_contacts, "
        "close_conversation, refuse_reversed_pair, record_conversation_transitions"
    )
    for name in _COMPANY_CHECKS:
        op.drop_constraint(op.f(f"ck_companies_{name}"), "companies")
    for column in _COMPANY_COLUMNS:
        op.drop_column("companies", column)
