"""Touchpoints: messages, calls and meetings of a conversation, one by one or in bulk, and what becomes of them.

Counters follow by triggers. Conversations are locked before their touchpoints are written. Personal data stays out of
errors.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import Connection, CursorResult, RowMapping

from prospecting.persistence.checked_fields import PastTime
from prospecting.persistence.contact_queries import find_current_contacts
from prospecting.persistence.conversations import lock_conversations, unknown_conversation
from prospecting.persistence.database import to_json
from prospecting.persistence.statements import statement
from prospecting.persistence.touchpoint_creation import (
    MUST_NOT_BE_WRITTEN_TO,
    NOT_FOUND,
    CreatedTouchpoints,
    Place,
    create,
    create_touchpoints,
    find_places,
    refused_answer,
)
from prospecting.persistence.touchpoint_records import (
    Channel,
    Direction,
    EngagementMetrics,
    NewTouchpoint,
    Touchpoint,
    TouchpointChanges,
    TouchpointSummary,
)
from prospecting.persistence.users import checked_uuid

# What is created and stored is importable from here, too.
__all__ = [
    "CreatedTouchpoints",
    "EngagementMetrics",
    "NewTouchpoint",
    "Touchpoint",
    "TouchpointChanges",
    "TouchpointSummary",
    "add_participants",
    "create_touchpoint",
    "create_touchpoints",
    "get_engagement_metrics",
    "get_touchpoint_by_id",
    "get_touchpoint_history",
    "get_touchpoints",
    "record_email_clicked",
    "record_email_opened",
    "record_email_replied",
    "record_email_sent",
    "update_touchpoint",
]

_PAST = TypeAdapter[datetime](PastTime)


def create_touchpoint(
    connection: Connection,
    conversation_id: UUID | str,
    channel: Channel,
    direction: Direction,
    data: Mapping[str, Any] | None = None,
) -> Touchpoint:
    """Create a touchpoint with further fields of ``NewTouchpoint``, or return it when it is known by id or message.

    An inbound one with ``in_reply_to_id`` gives the message that it answers its ``replied_at``. Raises ``LookupError``
    for an unknown conversation or message answered; ``ValueError`` for what is unusable, for a message of another
    conversation, and for an outbound touchpoint whose contact must not be written to (unless ``is_history``).
    """
    named = {"conversation_id": conversation_id, "channel": channel, "direction": direction}
    given = NewTouchpoint.model_validate({**(data or {}), **named})
    result = CreatedTouchpoints([None])
    create(connection, [(0, given)], result)
    for failure in result.failures:
        raise (LookupError if failure.reason in NOT_FOUND else ValueError)(failure.detail)
    return _stored(connection, result.ids[0] or given.id)


def get_touchpoint_by_id(connection: Connection, touchpoint_id: UUID | str) -> Touchpoint | None:
    """A touchpoint, or ``None``."""
    values = {"touchpoint_id": checked_uuid(touchpoint_id, "touchpoint_id")}
    return _one(connection.execute(statement("touchpoints/find_touchpoint"), values))


def get_touchpoints(connection: Connection, conversation_id: UUID | str, limit: int = 100) -> list[Touchpoint]:
    """A conversation's touchpoints, at most ``limit``, the one created last first."""
    if limit < 0:
        raise ValueError("limit is negative; give how many are wanted at most")
    values = {"conversation_id": checked_uuid(conversation_id, "conversation_id"), "limit": limit}
    found = connection.execute(statement("touchpoints/touchpoints_of_conversation"), values)
    return [Touchpoint.model_construct(**row) for row in found.mappings()]


def get_touchpoint_history(connection: Connection, conversation_id: UUID | str) -> list[TouchpointSummary]:
    """All touchpoints of a conversation in short, the one created last first."""
    values = {"conversation_id": checked_uuid(conversation_id, "conversation_id")}
    found = connection.execute(statement("touchpoints/touchpoint_history"), values)
    return [TouchpointSummary.model_construct(**row) for row in found.mappings()]


def get_engagement_metrics(connection: Connection, conversation_id: UUID | str) -> EngagementMetrics:
    """Numbers and rates of a conversation's e-mails. Raises ``LookupError`` for an unknown conversation."""
    wanted = checked_uuid(conversation_id, "conversation_id")
    found = connection.execute(statement("touchpoints/engagement_metrics"), {"conversation_id": wanted})
    row = found.mappings().one_or_none()
    if row is None:
        raise unknown_conversation(wanted)
    return EngagementMetrics.model_construct(**row)


def update_touchpoint(
    connection: Connection, touchpoint_id: UUID | str, data: TouchpointChanges | Mapping[str, Any]
) -> Touchpoint:
    """Write the given fields; a conversation moves the touchpoint there, and its counts with it.

    Raises ``ValueError`` for unknown fields, unusable values, the message of another touchpoint, and scheduling one for
    a contact who must not be written to; ``LookupError`` for an unknown touchpoint, conversation or message answered.
    """
    changes = TouchpointChanges.model_validate(data)
    given = changes.model_dump(exclude_unset=True)
    was = _find(connection, touchpoint_id)
    to = was._replace(**{name: given[name] for name in ("conversation_id", "direction") if name in given})
    locked = lock_conversations(connection, {was.conversation_id, to.conversation_id})
    if to.conversation_id not in locked:
        raise unknown_conversation(to.conversation_id)
    if given.get("scheduled_for") and to.direction == "outbound" and not locked[to.conversation_id].may_be_written_to:
        raise ValueError(MUST_NOT_BE_WRITTEN_TO)
    answered = given.get("in_reply_to_id")
    if answered is not None and (refused := refused_answer(to, answered, find_places(connection, [answered]))):
        raise (LookupError if refused[0] in NOT_FOUND else ValueError)(refused[1])
    connection.execute(statement("touchpoints/lock_touchpoint"), {"touchpoint_id": was.id})
    values = {"touchpoint_id": was.id, "changes": to_json(given)}
    if not given.keys().isdisjoint({"provider", "email_message_id"}) and connection.scalar(
        statement("touchpoints/is_message_taken"), values
    ):
        raise ValueError("email_message_id belongs to another touchpoint; a message has only one")
    updated = _one(connection.execute(statement("touchpoints/update_touchpoint"), values))
    if answered is not None:
        connection.execute(statement("touchpoints/mark_answered"), {"touchpoint_ids": [was.id]})
    return updated or _stored(connection, was.id)


def record_email_sent(
    connection: Connection,
    conversation_id: UUID | str,
    subject: str | None,
    content: str | None,
    metadata: Mapping[str, Any] | None = None,
    *,
    message_id: str | None = None,
    provider: str | None = None,
    sent_at: datetime | None = None,
    **fields: Any,
) -> Touchpoint:
    """An e-mail that went out, now unless ``sent_at`` says when; further fields as for ``create_touchpoint``."""
    data = {
        "subject": subject,
        "content": content,
        "metadata": dict(metadata or {}),
        "email_message_id": message_id,
        "provider": provider,
        "sent_at": sent_at or datetime.now(UTC),
        **fields,
    }
    return create_touchpoint(connection, conversation_id, "email", "outbound", data)


def record_email_opened(connection: Connection, touchpoint_id: UUID | str, at: datetime | None = None) -> Touchpoint:
    """Record that a message was opened, now unless ``at`` says when; the first time stays.

    Raises ``LookupError`` for an unknown touchpoint, ``ValueError`` for a time that cannot be.
    """
    return _record(connection, "touchpoints/record_opened", touchpoint_id, at)


def record_email_clicked(connection: Connection, touchpoint_id: UUID | str, at: datetime | None = None) -> Touchpoint:
    """Record that a link was followed, and so the message opened; otherwise as ``record_email_opened``."""
    return _record(connection, "touchpoints/record_clicked", touchpoint_id, at)


def record_email_replied(
    connection: Connection, touchpoint_id: UUID | str, response: str | None = None, at: datetime | None = None
) -> Touchpoint:
    """Record that a message was answered, and with what; the first answer stays. As ``record_email_opened``."""
    text = TouchpointChanges(response=response).response
    was = _find(connection, touchpoint_id)
    lock_conversations(connection, {was.conversation_id})
    return _record(connection, "touchpoints/record_replied", was.id, at, response=text)


def add_participants(connection: Connection, touchpoint_id: UUID | str, contact_ids: Iterable[UUID | str]) -> int:
    """Add contacts who took part, besides the one the conversation is with. Returns how many are new.

    Raises ``LookupError`` for an unknown touchpoint or contact.
    """
    was = _find(connection, touchpoint_id)
    wanted = {checked_uuid(contact_id, "contact_id") for contact_id in contact_ids}
    current = find_current_contacts(connection, wanted)
    if missing := wanted.difference(current):
        raise LookupError(f"There is no contact {min(missing)}; it was deleted, or the id is another record's")
    values = {"touchpoint_id": was.id, "contact_ids": list(current.values())}
    return connection.execute(statement("touchpoints/add_participants"), values).rowcount


def _find(connection: Connection, touchpoint_id: UUID | str) -> Place:
    wanted = checked_uuid(touchpoint_id, "touchpoint_id")
    found = find_places(connection, [wanted]).get(wanted)
    if found is None:
        raise _unknown_touchpoint(wanted)
    return found


def _record(
    connection: Connection, name: str, touchpoint_id: UUID | str, at: datetime | None, **values: Any
) -> Touchpoint:
    wanted = checked_uuid(touchpoint_id, "touchpoint_id")
    values |= {"touchpoint_id": wanted, "at": _PAST.validate_python(at or datetime.now(UTC))}
    return _one(connection.execute(statement(name), values)) or _stored(connection, wanted)


def _stored(connection: Connection, touchpoint_id: UUID) -> Touchpoint:
    found = get_touchpoint_by_id(connection, touchpoint_id)
    if found is None:
        raise _unknown_touchpoint(touchpoint_id)
    return found


def _unknown_touchpoint(touchpoint_id: UUID) -> LookupError:
    return LookupError(f"There is no touchpoint {touchpoint_id}; it was deleted, or the id is another record's")


def _one(found: CursorResult[Any]) -> Touchpoint | None:
    row: RowMapping | None = found.mappings().one_or_none()
    return None if row is None else Touchpoint.model_construct(**row)
