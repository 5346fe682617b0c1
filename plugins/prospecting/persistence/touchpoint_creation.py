"""Creating touchpoints, one or many: what is new, what is known by its id or message, and what is refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import Connection

from prospecting.persistence.batches import Failure
from prospecting.persistence.conversations import LockedConversation, lock_conversations, unknown_conversation
from prospecting.persistence.database import to_json
from prospecting.persistence.statements import statement
from prospecting.persistence.touchpoint_records import NewTouchpoint

_ROWS_AT_ONCE = 5_000
MUST_NOT_BE_WRITTEN_TO = (
    "The conversation's contact is not active, or has asked to be left alone: nothing is sent or scheduled. What went "
    "out already is recorded with is_history and its sent_at"
)
NOT_FOUND = ("unknown_conversation", "unknown_in_reply_to_id")


@dataclass(slots=True)
class CreatedTouchpoints:
    """The result of a batch. ``ids`` is aligned with it, ``None`` for what ``failures`` names by position.

    ``created``: how many are new; ``known``: how many were there already, by their id or message.
    """

    ids: list[UUID | None]
    created: int = 0
    known: int = 0
    failures: list[Failure] = field(default_factory=list)

    def refuse(self, position: int, reason: str, detail: str) -> None:
        self.failures.append(Failure(position, reason, detail))


class Place(NamedTuple):
    """Where a touchpoint is, and whose it is."""

    id: UUID
    conversation_id: UUID
    direction: str


def create_touchpoints(connection: Connection, rows: Iterable[NewTouchpoint | Mapping[str, Any]]) -> CreatedTouchpoints:
    """Create a batch of touchpoints of any conversations; a mapping has the fields of ``NewTouchpoint``.

    A bad record costs only itself: ``failures`` says where it was and why, without its content. Reasons:
    ``invalid_record``, ``unknown_conversation``, ``suppressed_contact``, ``unknown_in_reply_to_id`` (one that is
    answered is stored, or comes earlier in the batch), ``invalid_in_reply_to_id``, ``taken_id``. A batch is one lock
    of all its conversations: create at most one per transaction.
    """
    given, checked = list(rows), []
    result = CreatedTouchpoints([None] * len(given))
    for position, row in enumerate(given):
        try:
            checked.append((position, NewTouchpoint.model_validate(row)))
        except ValidationError as error:
            result.refuse(position, "invalid_record", _finding(error))
    create(connection, checked, result)
    result.failures.sort(key=lambda failure: failure.position)
    return result


def create(connection: Connection, rows: Sequence[tuple[int, NewTouchpoint]], result: CreatedTouchpoints) -> None:
    """Create what is new and may be of ``rows``, given with their positions; ``result`` says what became of each."""
    locked = lock_conversations(connection, {row.conversation_id for _, row in rows})
    places = find_places(connection, {row.in_reply_to_id for _, row in rows if row.in_reply_to_id})
    known = _known(connection, rows)
    messages: dict[tuple[str | None, str], Place] = {}
    accepted: list[tuple[int, NewTouchpoint]] = []
    for position, row in rows:
        message = (row.provider, row.email_message_id) if row.email_message_id is not None else None
        here = Place(row.id, row.conversation_id, row.direction)
        if there := known.get(position) or (messages.get(message) if message else None) or places.get(row.id):
            _settle(position, row, there, result)
        elif refused := _refused(row, here, locked, places):
            result.refuse(position, *refused)
        else:
            accepted.append((position, row))
            places[row.id] = here
            if message:
                messages[message] = here
    # By conversation, so that few are counted twice; within each the order stays: answers come after what they answer.
    accepted.sort(key=lambda numbered: numbered[1].conversation_id)
    created: set[UUID] = set()
    for start in range(0, len(accepted), _ROWS_AT_ONCE):
        chunk = [
            row.model_dump(exclude={"is_history"}, exclude_none=True)
            for _, row in accepted[start : start + _ROWS_AT_ONCE]
        ]
        created.update(
            connection.execute(statement("touchpoints/create_touchpoints"), {"rows": to_json(chunk)}).scalars()
        )
    answers = [row.id for _, row in accepted if row.in_reply_to_id and row.direction == "inbound"]
    if answers:
        connection.execute(statement("touchpoints/mark_answered"), {"touchpoint_ids": answers})
    # Only another conversation's message can have come in between: ours are locked.
    late = _known(connection, [(position, row) for position, row in accepted if row.id not in created])
    for position, row in accepted:
        if row.id in created:
            result.ids[position] = row.id
            result.created += 1
        else:
            _settle(position, row, late[position], result)


def _known(connection: Connection, rows: Sequence[tuple[int, NewTouchpoint]]) -> dict[int, Place]:
    """Where those live that are stored already, by position."""
    if not rows:
        return {}
    keys = [
        {"position": position, "id": row.id, "provider": row.provider, "email_message_id": row.email_message_id}
        for position, row in rows
    ]
    found = connection.execute(statement("touchpoints/known_touchpoints"), {"rows": to_json(keys)})
    return {row.position: Place(row.id, row.conversation_id, "") for row in found}


def _settle(position: int, row: NewTouchpoint, there: Place, result: CreatedTouchpoints) -> None:
    if there.conversation_id == row.conversation_id:
        result.ids[position] = there.id
        result.known += 1
    else:
        detail = "This message, or this id, belongs to another conversation; give the touchpoint one of its own"
        result.refuse(position, "taken_id", detail)


def _refused(
    row: NewTouchpoint, here: Place, locked: Mapping[UUID, LockedConversation], places: Mapping[UUID, Place]
) -> tuple[str, str] | None:
    """Why a new touchpoint cannot be: a reason and a sentence."""
    conversation = locked.get(row.conversation_id)
    if conversation is None:
        return "unknown_conversation", str(unknown_conversation(row.conversation_id))
    if row.direction == "outbound" and not row.is_history and not conversation.may_be_written_to:
        return "suppressed_contact", MUST_NOT_BE_WRITTEN_TO
    return None if row.in_reply_to_id is None else refused_answer(here, row.in_reply_to_id, places)


def refused_answer(here: Place, answered_id: UUID, places: Mapping[UUID, Place]) -> tuple[str, str] | None:
    """Why the touchpoint cannot answer that one: a reason and a sentence."""
    answered = places.get(answered_id)
    if answered is None:
        return "unknown_in_reply_to_id", f"There is no touchpoint {answered_id} to answer; create it first"
    if answered.conversation_id != here.conversation_id or answered.direction == here.direction:
        detail = "in_reply_to_id names no message of the other side in this conversation; give one, or none"
        return "invalid_in_reply_to_id", detail
    return None


def find_places(connection: Connection, touchpoint_ids: Iterable[UUID]) -> dict[UUID, Place]:
    """Where touchpoints are; the unknown ones are missing."""
    if not (wanted := list(touchpoint_ids)):
        return {}
    found = connection.execute(statement("touchpoints/find_touchpoints"), {"touchpoint_ids": wanted})
    return {row.id: Place(*row) for row in found}


def _finding(error: ValidationError) -> str:
    """The first thing that is wrong with a record, without its values."""
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    message = first["msg"].removeprefix("Value error, ")
    return f"{where}: {message}" if where else message
