"""Conversations with contacts: beginning, reading and changing them, and what has been learnt in them.

Counts, last times and ``closed_at`` follow by triggers. Whoever changes what they depend on locks companies before
contacts before conversations; the triggers alone would lock them as they come upon them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, get_args
from uuid import UUID, uuid4

from pydantic import BaseModel, Field
from sqlalchemy import Connection, CursorResult, RowMapping

from prospecting.persistence.checked_fields import (
    GIVEN,
    STORED,
    CleanText,
    JsonObject,
    Money,
    PastTime,
    PlannedTime,
    RowId,
    Whole,
    not_given,
)
from prospecting.persistence.company_profiles import find_current_company
from prospecting.persistence.contact_queries import find_current_contacts, lock_current_contacts
from prospecting.persistence.database import to_json
from prospecting.persistence.statements import statement
from prospecting.persistence.users import checked_uuid

ConversationStatus = Literal["active", "paused", "nurturing", "closed", "won", "lost"]
QualificationTier = Literal["scorching", "hot", "warm", "cool", "cold"]
CONVERSATION_STATUSES: tuple[ConversationStatus, ...] = get_args(ConversationStatus)
QUALIFICATION_TIERS: tuple[QualificationTier, ...] = get_args(QualificationTier)

Current = dict[str, dict[Any, Any]]
"""By the names of columns, the ids that ids lead to: after a merge other ones."""


class ConversationChanges(BaseModel):
    """Columns of a conversation that somebody may write. Those not given stay; ``None`` clears those that may be."""

    model_config = GIVEN

    contact_id: UUID = Field(default_factory=not_given)
    company_id: RowId = Field(default_factory=not_given)
    status: ConversationStatus = "active"
    qualification_tier: QualificationTier | None = None
    next_touchpoint_at: PlannedTime | None = None
    context: JsonObject = {}
    campaign_id: UUID | None = None
    campaign_name: CleanText | None = None
    sequence_step: Whole = 0
    outcome: CleanText | None = None
    outcome_date: PastTime | None = None
    outcome_notes: CleanText | None = None
    estimated_value: Money | None = None
    actual_value: Money | None = None
    metadata: JsonObject = {}
    started_at: PastTime = Field(default_factory=not_given)
    closed_at: PastTime | None = None


class Conversation(BaseModel):
    """A conversation as it is stored."""

    model_config = STORED

    id: UUID
    contact_id: UUID
    company_id: int
    status: ConversationStatus
    qualification_tier: QualificationTier | None
    last_touchpoint_at: datetime | None
    next_touchpoint_at: datetime | None
    touchpoint_count: int
    last_response_at: datetime | None
    response_count: int
    avg_response_time_hours: Decimal | None
    context: dict[str, Any]
    campaign_id: UUID | None
    campaign_name: str | None
    sequence_step: int
    outcome: str | None
    outcome_date: datetime | None
    outcome_notes: str | None
    estimated_value: Decimal | None
    actual_value: Decimal | None
    metadata: dict[str, Any]
    started_at: datetime
    closed_at: datetime | None
    created_at: datetime
    updated_at: datetime


class ActiveConversation(BaseModel):
    """An active conversation, with whom it is."""

    model_config = STORED

    conversation_id: UUID
    contact_name: str
    contact_email: str | None
    status: ConversationStatus
    qualification_tier: QualificationTier | None
    touchpoint_count: int
    last_touchpoint_at: datetime | None


class FollowUp(BaseModel):
    """An active conversation whose next touchpoint is due. ``days_overdue``: whole days, 0 within the first."""

    model_config = STORED

    conversation_id: UUID
    contact_id: UUID
    contact_name: str
    company_name: str
    next_touchpoint_at: datetime
    days_overdue: int


@dataclass(frozen=True, slots=True)
class LockedConversation:
    """``may_be_written_to``: the contact is active and has not asked to be left alone."""

    contact_id: UUID
    company_id: int
    may_be_written_to: bool


def create_conversation(
    connection: Connection,
    contact_id: UUID | str,
    company_id: int,
    status: ConversationStatus = "active",
    qualification_tier: QualificationTier | None = None,
    metadata: Mapping[str, Any] | None = None,
    *,
    conversation_id: UUID | str | None = None,
    **columns: Any,
) -> Conversation:
    """Begin a conversation; further columns by name, as in ``ConversationChanges``.

    The company need not be the contact's. With a ``conversation_id``, creating it again returns what is there. Raises
    ``LookupError`` for an unknown contact or company, ``ValueError`` for what is unusable.
    """
    given = {"qualification_tier": qualification_tier, "metadata": dict(metadata or {}), **columns}
    changes = ConversationChanges(contact_id=contact_id, company_id=company_id, status=status, **given)  # type: ignore[arg-type]
    new_id = uuid4() if conversation_id is None else checked_uuid(conversation_id, "conversation_id")
    current = _lock_ends(connection, {changes.company_id}, {changes.contact_id})
    values = {"row": to_json({"id": new_id, **_with_current(changes.model_dump(), current)})}
    created = _one(connection.execute(statement("conversations/create_conversation"), values))
    return created or _known(connection, new_id)


def get_conversation_by_id(connection: Connection, conversation_id: UUID | str) -> Conversation | None:
    """A conversation, or ``None``."""
    values = {"conversation_id": checked_uuid(conversation_id, "conversation_id")}
    return _one(connection.execute(statement("conversations/find_conversation"), values))


def get_active_conversations(connection: Connection, company_id: int) -> list[ActiveConversation]:
    """The active conversations of a company, the newest touchpoint first, those without any last."""
    values = {"company_id": find_current_company(connection, company_id)}
    found = connection.execute(statement("conversations/active_conversations"), values)
    return [ActiveConversation.model_construct(**row) for row in found.mappings()]


def get_conversations_by_contact(
    connection: Connection, contact_id: UUID | str, status: ConversationStatus | None = None
) -> list[Conversation]:
    """A contact's conversations, the newest first. Raises ``ValueError`` for an unknown status."""
    wanted = checked_uuid(contact_id, "contact_id")
    current = find_current_contacts(connection, [wanted]).get(wanted)
    values = {"contact_id": current, "status": _checked_status(status)}
    found = connection.execute(statement("conversations/conversations_of_contact"), values)
    return [Conversation.model_construct(**row) for row in found.mappings()]


def get_conversations_by_company(
    connection: Connection, company_id: int, status: ConversationStatus | None = None
) -> list[Conversation]:
    """A company's conversations, the newest first. Raises ``ValueError`` for an unknown status."""
    values = {"company_id": find_current_company(connection, company_id), "status": _checked_status(status)}
    found = connection.execute(statement("conversations/conversations_of_company"), values)
    return [Conversation.model_construct(**row) for row in found.mappings()]


def get_conversations_needing_followup(connection: Connection, limit: int | None = None) -> list[FollowUp]:
    """Active conversations whose next touchpoint is due, the longest overdue first; all of them without a limit."""
    if limit is not None and limit < 0:
        raise ValueError("limit is negative; give how many are wanted at most")
    found = connection.execute(statement("conversations/conversations_needing_followup"), {"limit": limit})
    return [FollowUp.model_construct(**row) for row in found.mappings()]


def update_conversation_status(
    connection: Connection,
    conversation_id: UUID | str,
    status: ConversationStatus,
    outcome: str | None = None,
    outcome_notes: str | None = None,
) -> Conversation:
    """Write a status, and an outcome where one is given: a new outcome is of now. The same again changes nothing.

    Raises ``ValueError`` for an unknown status, ``LookupError`` for an unknown conversation.
    """
    changes = ConversationChanges(status=status, outcome=outcome, outcome_notes=outcome_notes)
    wanted = checked_uuid(conversation_id, "conversation_id")
    _lock(connection, wanted, {"status"}, changes)
    values = {"conversation_id": wanted, **changes.model_dump(include={"status", "outcome", "outcome_notes"})}
    updated = _one(connection.execute(statement("conversations/update_status"), values))
    return updated or _known(connection, wanted)


def update_conversation(
    connection: Connection, conversation_id: UUID | str, data: ConversationChanges | Mapping[str, Any]
) -> Conversation:
    """Write the given columns; a contact or company moves the conversation, and its counts with it.

    Raises ``ValueError`` for unknown columns and unusable values, ``LookupError`` for an unknown conversation, contact
    or company.
    """
    changes = ConversationChanges.model_validate(data)
    wanted = checked_uuid(conversation_id, "conversation_id")
    current = _lock(connection, wanted, changes.model_fields_set, changes)
    columns = _with_current(changes.model_dump(exclude_unset=True), current)
    values = {"conversation_id": wanted, "changes": to_json(columns)}
    updated = _one(connection.execute(statement("conversations/update_conversation"), values))
    return updated or _known(connection, wanted)


def update_conversation_context(
    connection: Connection,
    conversation_id: UUID | str,
    updates: Mapping[str, Any],
    *,
    append: Collection[str] = (),
) -> Conversation:
    """Merge what was learnt into the context: its top-level names are replaced, the others stay.

    The lists named in ``append`` are united with those that are there, without doubles, the known ones first. Of two
    merges at once none is lost. Raises ``ValueError`` when a name in ``append`` is no list of ``updates``,
    ``LookupError`` for an unknown conversation.
    """
    if isinstance(append, str) or any(not isinstance(updates.get(name), (list, tuple)) for name in append):
        raise ValueError("append names what is no list in updates; give a list of names, and a list under each")
    wanted = checked_uuid(conversation_id, "conversation_id")
    values = {"conversation_id": wanted, "updates": to_json(dict(updates)), "append": list(append)}
    updated = _one(connection.execute(statement("conversations/merge_context"), values))
    return updated or _known(connection, wanted)


def lock_conversations(connection: Connection, conversation_ids: Iterable[UUID]) -> dict[UUID, LockedConversation]:
    """Lock conversations until the transaction ends, after their contacts; the unknown ones are missing.

    For whoever writes touchpoints, before writing them: the triggers then count what is locked already, and those who
    write to the same conversations wait for each other instead of meeting in a deadlock.
    """
    values = {"conversation_ids": list(conversation_ids)}
    whose = connection.execute(statement("conversations/whose_conversations"), values).all()
    contact_ids = list({row.contact_id for row in whose})
    connection.execute(statement("contacts/lock_contacts"), {"ids": contact_ids})
    locked = connection.execute(statement("conversations/lock_conversations"), values)
    return {row.id: LockedConversation(row.contact_id, row.company_id, row.may_be_written_to) for row in locked}


def unknown_conversation(conversation_id: UUID) -> LookupError:
    """The error about a conversation that is not there."""
    return LookupError(f"There is no conversation {conversation_id}; it was deleted, or the id is another record's")


def _lock(connection: Connection, conversation_id: UUID, names: Collection[str], to: ConversationChanges) -> Current:
    """Lock what writing these columns locks, or what it was merged into. Raises ``LookupError``."""
    values = {"conversation_ids": [conversation_id]}
    whose = connection.execute(statement("conversations/whose_conversations"), values).one_or_none()
    if whose is None:
        raise unknown_conversation(conversation_id)
    companies = {whose.company_id} if "status" in names else set()
    if "company_id" in names:
        companies = {whose.company_id, to.company_id}
    contacts = {whose.contact_id, to.contact_id} if "contact_id" in names else set()
    current = _lock_ends(connection, companies, contacts)
    connection.execute(statement("conversations/lock_conversations"), values)
    return current


def _lock_ends(connection: Connection, companies: Collection[int], contacts: Collection[UUID]) -> Current:
    """Lock companies, and then contacts, or those that they were merged into. Raises ``LookupError``."""
    current: Current = {"company_id": {}, "contact_id": {}}
    for company_id in companies:
        found = find_current_company(connection, company_id)
        if found is None:
            raise LookupError(f"There is no company {company_id}; it was deleted, or the id is another record's")
        current["company_id"][company_id] = found
    ids = list(set(current["company_id"].values()))
    connection.execute(statement("conversations/lock_companies"), {"company_ids": ids})
    current["contact_id"] = lock_current_contacts(connection, contacts)
    return current


def _with_current(columns: dict[str, Any], current: Current) -> dict[str, Any]:
    """The columns of a conversation with the company and the contact that their ids lead to."""
    return columns | {name: ids[columns[name]] for name, ids in current.items() if name in columns}


def _known(connection: Connection, conversation_id: UUID) -> Conversation:
    """The conversation as stored, when nothing had to be written. Raises ``LookupError``."""
    found = get_conversation_by_id(connection, conversation_id)
    if found is None:
        raise unknown_conversation(conversation_id)
    return found


def _one(found: CursorResult[Any]) -> Conversation | None:
    row: RowMapping | None = found.mappings().one_or_none()
    return None if row is None else Conversation.model_construct(**row)


def _checked_status(status: str | None) -> str | None:
    if status is not None and status not in CONVERSATION_STATUSES:
        raise ValueError(f"Unknown status; there are {', '.join(CONVERSATION_STATUSES)}")
    return status
