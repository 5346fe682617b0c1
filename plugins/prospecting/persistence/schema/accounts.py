"""Who is engaged at a company, how they are connected, and every message and meeting with them."""

from __future__ import annotations

from sqlalchemy import (
    DDL,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    Table,
    Text,
    UniqueConstraint,
    event,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID

from prospecting.persistence.schema.metadata import (
    bigint_id,
    counter,
    created_at,
    enable_row_security,
    metadata,
    updated_at,
    uuid_id,
    written_by,
)


def _object(name: str) -> Column[object]:
    return Column(name, JSONB, nullable=False, server_default=text("'{}'::jsonb"))


def _is_object(name: str) -> CheckConstraint:
    return CheckConstraint(f"jsonb_typeof({name}) = 'object'", name=name)


def _flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False, server_default=text("false"))


def _time(name: str) -> Column[object]:
    return Column(name, DateTime(timezone=True))


def _contact(name: str, *, primary_key: bool = False) -> Column[object]:
    return Column(
        name,
        UUID(as_uuid=True),
        ForeignKey("contacts.id", ondelete="CASCADE"),
        nullable=False,
        primary_key=primary_key,
    )


contacts = Table(
    "contacts",
    metadata,
    uuid_id(),
    Column("person_id", BigInteger, ForeignKey("persons.id", ondelete="CASCADE"), nullable=False, unique=True),
    Column("company_id", BigInteger, ForeignKey("companies.id", ondelete="CASCADE")),
    Column("email", Text),
    Column("role", Text),
    Column("department", Text),
    Column("seniority_level", Text),
    Column("twitter_url", Text),
    Column("personal_website", Text),
    Column("interests", JSONB, nullable=False, server_default=text("'[]'::jsonb")),
    _object("communication_preferences"),
    _object("research_data"),
    counter("engagement_score"),
    _time("last_engaged_at"),
    counter("total_touchpoints"),
    Column("status", Text, nullable=False, server_default=text("'active'")),
    _flag("is_primary_contact"),
    _flag("is_decision_maker"),
    _flag("is_champion"),
    _time("last_researched_at"),
    _time("job_changed_at"),
    Column("source_system", Text, nullable=False, server_default=text("'manual'")),
    written_by(),
    created_at(),
    updated_at(),
    Column("company_since", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    _time("decision_maker_since"),
    CheckConstraint("email = lower(email) and email ~ '^[^@[:space:]]+@[^@[:space:]]+$'", name="email_normalised"),
    CheckConstraint("role <> ''", name="role_not_empty"),
    CheckConstraint(
        "seniority_level in ('c-level', 'vp', 'director', 'manager', 'individual_contributor')", name="seniority_level"
    ),
    CheckConstraint("jsonb_typeof(interests) = 'array'", name="interests"),
    _is_object("communication_preferences"),
    _is_object("research_data"),
    CheckConstraint("engagement_score between 0 and 100", name="engagement_score"),
    CheckConstraint("total_touchpoints >= 0", name="total_touchpoints"),
    CheckConstraint("status in ('active', 'inactive', 'unsubscribed', 'bounced', 'invalid')", name="status"),
    Index("uq_contacts_email", "email", unique=True, postgresql_where=text("email is not null")),
    Index(
        "uq_contacts_primary_contact",
        "company_id",
        unique=True,
        postgresql_where=text("is_primary_contact and company_id is not null"),
    ),
    Index("ix_contacts_company_id_status", "company_id", "status"),
    comment="Persons we engage, one row each; names, titles, phones and profiles are the person's. last_engaged_at and "
    "total_touchpoints are kept by triggers, engagement_score by account_refresh. The view contact_profiles shows all.",
)

relationships = Table(
    "relationships",
    metadata,
    uuid_id(),
    _contact("contact_id_1"),
    _contact("contact_id_2"),
    Column("relationship_type", Text, nullable=False),
    Column("strength", Text, nullable=False, server_default=text("'medium'")),
    Column("context", Text),
    _object("metadata"),
    _flag("is_verified"),
    Column("confidence_score", Numeric(3, 2), nullable=False, server_default=text("0.5")),
    Column("discovered_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    _time("last_verified_at"),
    written_by(),
    created_at(),
    updated_at(),
    CheckConstraint("contact_id_1 <> contact_id_2", name="different_contacts"),
    CheckConstraint(
        "relationship_type in ('colleagues', 'reports_to', 'manager_of', 'mentor_mentee', 'collaborators', 'referral', "
        "'introduced_by')",
        name="relationship_type",
    ),
    CheckConstraint("strength in ('weak', 'medium', 'strong')", name="strength"),
    CheckConstraint("confidence_score between 0 and 1", name="confidence_score"),
    _is_object("metadata"),
    Index(
        "uq_relationships_pair",
        text("least(contact_id_1, contact_id_2)"),
        text("greatest(contact_id_1, contact_id_2)"),
        unique=True,
    ),
    Index("ix_relationships_contact_id_1", "contact_id_1"),
    Index("ix_relationships_contact_id_2", "contact_id_2"),
    comment="How two contacts are connected, once per pair: contact_id_1 reports to, manages ... contact_id_2.",
)

_OUTCOME = (
    "case when replied_at is not null then 'replied' when clicked_at is not null then 'clicked' "
    "when opened_at is not null then 'opened' when bounced_at is not null then 'bounced' "
    "when failed_at is not null then 'failed' when delivered_at is not null then 'delivered' "
    "when sent_at is not null then 'sent' when scheduled_for is not null then 'scheduled' end"
)

conversations = Table(
    "conversations",
    metadata,
    uuid_id(),
    _contact("contact_id"),
    Column("company_id", BigInteger, ForeignKey("companies.id", ondelete="CASCADE"), nullable=False),
    Column("status", Text, nullable=False, server_default=text("'active'")),
    Column("qualification_tier", Text),
    _time("last_touchpoint_at"),
    _time("next_touchpoint_at"),
    counter("touchpoint_count"),
    _time("last_response_at"),
    counter("response_count"),
    Column("avg_response_time_hours", Numeric(10, 2)),
    _object("context"),
    Column("campaign_id", UUID(as_uuid=True)),
    Column("campaign_name", Text),
    counter("sequence_step"),
    Column("outcome", Text),
    _time("outcome_date"),
    Column("outcome_notes", Text),
    Column("estimated_value", Numeric(10, 2)),
    Column("actual_value", Numeric(10, 2)),
    _object("metadata"),
    Column("started_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    _time("closed_at"),
    written_by(),
    created_at(),
    updated_at(),
    CheckConstraint("status in ('active', 'paused', 'nurturing', 'closed', 'won', 'lost')", name="status"),
    CheckConstraint("qualification_tier in ('scorching', 'hot', 'warm', 'cool', 'cold')", name="qualification_tier"),
    CheckConstraint("touchpoint_count >= 0 and response_count >= 0", name="counts"),
    CheckConstraint("sequence_step >= 0", name="sequence_step"),
    CheckConstraint("(closed_at is not null) = (status in ('closed', 'won', 'lost'))", name="closed_at"),
    _is_object("context"),
    _is_object("metadata"),
    Index("ix_conversations_contact_id", "contact_id"),
    Index("ix_conversations_company_id_status", "company_id", "status"),
    Index(
        "ix_conversations_follow_up",
        "next_touchpoint_at",
        postgresql_where=text("status = 'active' and next_touchpoint_at is not null"),
    ),
    comment="What is being talked about with a contact, and how far it got. Counts, last times and closed_at are kept "
    "by triggers.",
)

conversation_transitions = Table(
    "conversation_transitions",
    metadata,
    bigint_id(),
    Column("conversation_id", UUID(as_uuid=True), nullable=False),
    Column("contact_id", UUID(as_uuid=True), nullable=False),
    Column("company_id", BigInteger, nullable=False),
    Column("from_status", Text),
    Column("status", Text),
    Column("changed_at", DateTime(timezone=True), nullable=False, server_default=text("clock_timestamp()")),
    written_by(),
    Index("ix_conversation_transitions_conversation_id", "conversation_id", "id"),
    Index("ix_conversation_transitions_company_id", "company_id", "id"),
    comment="Every change of a conversation's status, contact or company, as they are after it; status is null once it "
    "was deleted, or moved away from this company. Append-only.",
)

touchpoints = Table(
    "touchpoints",
    metadata,
    uuid_id(),
    Column("conversation_id", UUID(as_uuid=True), ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False),
    Column("channel", Text, nullable=False),
    Column("direction", Text, nullable=False),
    Column("subject", Text),
    Column("content", Text),
    Column("response", Text),
    _time("scheduled_for"),
    _time("sent_at"),
    _time("delivered_at"),
    _time("opened_at"),
    _time("clicked_at"),
    _time("replied_at"),
    _time("bounced_at"),
    _time("failed_at"),
    Column("outcome", Text, Computed(_OUTCOME, persisted=True)),
    Column(
        "responded_at",
        DateTime(timezone=True),
        Computed("case when direction = 'outbound' or in_reply_to_id is null then replied_at end", persisted=True),
    ),
    Column("outcome_details", Text),
    Column("call_duration_seconds", Integer),
    Column("call_recording_url", Text),
    Column("call_transcript", Text),
    Column("call_sentiment", Text),
    Column("email_thread_id", Text),
    Column("email_message_id", Text),
    Column("provider", Text),
    Column("in_reply_to_id", UUID(as_uuid=True), ForeignKey("touchpoints.id", ondelete="SET NULL")),
    _object("metadata"),
    Column("created_by_user_id", UUID(as_uuid=True)),
    _flag("created_by_automation"),
    Column("visibility", Text, nullable=False, server_default=text("'own'")),
    written_by(),
    created_at(),
    updated_at(),
    _time("response_recorded_at"),
    Column(
        "sent_recorded_at",
        DateTime(timezone=True),
        comment="When another sent_at was entered; NULL: it came with the row.",
    ),
    CheckConstraint("channel in ('email', 'sms', 'call', 'linkedin', 'mail', 'whatsapp', 'meeting')", name="channel"),
    CheckConstraint("direction in ('outbound', 'inbound')", name="direction"),
    CheckConstraint("call_duration_seconds >= 0", name="call_duration_seconds"),
    CheckConstraint("visibility in ('own', 'everyone')", name="visibility"),
    CheckConstraint("in_reply_to_id <> id", name="not_in_reply_to_itself"),
    _is_object("metadata"),
    Index("ix_touchpoints_conversation_id_created_at", "conversation_id", "created_at"),
    Index(
        "uq_touchpoints_message",
        "provider",
        "email_message_id",
        unique=True,
        postgresql_where=text("email_message_id is not null"),
        postgresql_nulls_not_distinct=True,
    ),
    Index("ix_touchpoints_sent_at", "sent_at", postgresql_where=text("sent_at is not null")),
    Index("ix_touchpoints_responded_at", "responded_at", postgresql_where=text("responded_at is not null")),
    Index("ix_touchpoints_in_reply_to_id", "in_reply_to_id", postgresql_where=text("in_reply_to_id is not null")),
    comment="One message, call or meeting. outcome: how far it got; responded_at: when an answer came, once per "
    "answer: an inbound message that answers one of ours counts there. visibility: own is seen by who created it and, "
    "when created by automation, by all.",
)

touchpoint_participants = Table(
    "touchpoint_participants",
    metadata,
    Column("touchpoint_id", UUID(as_uuid=True), ForeignKey("touchpoints.id", ondelete="CASCADE"), primary_key=True),
    _contact("contact_id", primary_key=True),
    written_by(),
    created_at(),
    Index("ix_touchpoint_participants_contact_id", "contact_id"),
    comment="Contacts who took part besides the one the conversation is with: others at a meeting.",
)

touchpoint_events = Table(
    "touchpoint_events",
    metadata,
    bigint_id(),
    Column("provider", Text, nullable=False),
    Column("provider_event_id", Text, nullable=False),
    Column("touchpoint_id", UUID(as_uuid=True), ForeignKey("touchpoints.id", ondelete="CASCADE")),
    Column("named_touchpoint_id", UUID(as_uuid=True)),
    Column("message_id", Text),
    Column("kind", Text, nullable=False),
    Column("occurred_at", DateTime(timezone=True), nullable=False),
    Column("recipient_hash", Text),
    Column("url", Text),
    Column("reason", Text),
    _time("applied_at"),
    written_by(),
    created_at(),
    CheckConstraint(
        "kind in ('sent', 'delivered', 'deferred', 'opened', 'clicked', 'replied', 'bounced', 'failed', "
        "'unsubscribed', 'complained')",
        name="kind",
    ),
    CheckConstraint("num_nonnulls(message_id, named_touchpoint_id, recipient_hash) > 0", name="message"),
    CheckConstraint(
        "case when num_nonnulls(message_id, named_touchpoint_id) = 0 then applied_at is not null "
        "else (applied_at is null) = (touchpoint_id is null) end",
        name="applied_at",
    ),
    CheckConstraint("recipient_hash ~ '^[0-9a-f]{64}$'", name="recipient_hash"),
    UniqueConstraint("provider", "provider_event_id", "recipient_hash", postgresql_nulls_not_distinct=True),
    Index("ix_touchpoint_events_waiting", "id", postgresql_where=text("applied_at is null")),
    Index("ix_touchpoint_events_touchpoint_id", "touchpoint_id", postgresql_where=text("touchpoint_id is not null")),
    comment="What mail providers told about messages, each event once. One whose message is not known yet waits for "
    "it: applied_at is null. touchpoint_id: the one it was applied to; named_touchpoint_id: the one it came with. "
    "recipient_hash: keyed_hash of the address it was about.",
)

enable_row_security(touchpoints)

CONTACT_PROFILES = """
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

ACCOUNT_OVERVIEW = """
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

ACCOUNT_OVERVIEW_INDEX = "create unique index uq_account_overview_company_id on account_overview (company_id)"

for definition in (CONTACT_PROFILES, ACCOUNT_OVERVIEW, ACCOUNT_OVERVIEW_INDEX):
    event.listen(metadata, "after_create", DDL(definition.strip()))  # type: ignore[no-untyped-call]
