"""How contacts are connected: one relationship per pair, from the contact that is named first to the other.

``reports_to`` says that the first reports to the second, ``manager_of`` that the first manages the second. Types
without a direction (``colleagues``, ``collaborators``) are found from both ends, and so is every other.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field
from sqlalchemy import Connection

from prospecting.persistence.account_fields import Given, OptionalProse, Stored
from prospecting.persistence.checked_fields import JsonObject, PastTime, not_given
from prospecting.persistence.contact_queries import find_current_contacts, lock_current_contacts
from prospecting.persistence.database import to_json
from prospecting.persistence.statements import statement
from prospecting.persistence.users import checked_uuid

RelationshipType = Literal[
    "colleagues", "reports_to", "manager_of", "mentor_mentee", "collaborators", "referral", "introduced_by"
]
Strength = Literal["weak", "medium", "strong"]
Confidence = Annotated[Decimal, Field(ge=0, le=1, max_digits=3, decimal_places=2)]

_NO_SUCH = "No relationship {}: it was deleted, or the database is another one"
_REVERSED = "Reverse relationship already exists between these contacts: change relationship {}, or delete it first"
_OTHER_TYPE = "These contacts are connected by relationship {} of another type already: change that, or delete it first"


class Relationship(Stored):
    """A relationship as stored. ``confidence_score`` is from 0 to 1."""

    id: UUID
    contact_id_1: UUID
    contact_id_2: UUID
    relationship_type: RelationshipType
    strength: Strength
    context: str | None
    metadata: dict[str, Any]
    is_verified: bool
    confidence_score: Decimal
    discovered_at: datetime
    last_verified_at: datetime | None
    created_at: datetime
    updated_at: datetime

    def other_end(self, contact_id: UUID) -> UUID:
        """The contact that ``contact_id`` is connected with."""
        return self.contact_id_2 if contact_id == self.contact_id_1 else self.contact_id_1


class NewRelationship(Given):
    """How a new relationship is."""

    relationship_type: RelationshipType
    strength: Strength = "medium"
    context: OptionalProse = None
    metadata: JsonObject = Field(default_factory=dict)


class RelationshipUpdate(Given):
    """New values of a relationship; fields that are not given stay, ``None`` clears a field that may be empty.

    One that is verified without a time was verified now.
    """

    relationship_type: RelationshipType = not_given()
    strength: Strength = not_given()
    context: OptionalProse = None
    metadata: JsonObject = not_given()
    is_verified: bool = not_given()
    confidence_score: Confidence = not_given()
    discovered_at: PastTime = not_given()
    last_verified_at: PastTime | None = None


def create_relationship(
    connection: Connection,
    contact_id_1: UUID | str,
    contact_id_2: UUID | str,
    relationship_type: str,
    strength: str = "medium",
    context: str | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> Relationship:
    """Connect two contacts. A relationship of this type that is there already is returned as it is.

    Raises ``ValueError`` when they are connected by another type, or the other way round, for an unknown type or
    strength, and for a contact with itself; ``LookupError`` for an unknown contact.
    """
    one, other = checked_uuid(contact_id_1, "contact_id_1"), checked_uuid(contact_id_2, "contact_id_2")
    if one == other:
        raise ValueError("A contact has no relationship with itself; give two contacts")
    given = NewRelationship.model_validate(
        {"relationship_type": relationship_type, "strength": strength, "context": context, "metadata": metadata or {}}
    )
    current = lock_current_contacts(connection, [one, other])
    one, other = current[one], current[other]
    if one == other:
        raise ValueError("The two contacts are one since a merge; give two contacts")
    found = get_relationship(connection, one, other)
    if found is None:
        values = {**given.model_dump(), "contact_id_1": one, "contact_id_2": other, "metadata": to_json(given.metadata)}
        row = connection.execute(statement("relationships/insert_relationship"), values).mappings().one()
        return Relationship.model_validate(dict(row))
    if found.contact_id_1 != one:
        raise ValueError(_REVERSED.format(found.id))
    if found.relationship_type != given.relationship_type:
        raise ValueError(_OTHER_TYPE.format(found.id))
    return found


def get_relationship(connection: Connection, contact_id_1: UUID | str, contact_id_2: UUID | str) -> Relationship | None:
    """The relationship of two contacts, whichever was named first; ``None`` when there is none."""
    one, other = checked_uuid(contact_id_1, "contact_id_1"), checked_uuid(contact_id_2, "contact_id_2")
    current = find_current_contacts(connection, [one, other])
    values = {"contact_id_1": current.get(one), "contact_id_2": current.get(other)}
    row = connection.execute(statement("relationships/find_pair"), values).mappings().one_or_none()
    return None if row is None else Relationship.model_validate(dict(row))


def check_relationship(connection: Connection, contact_id_1: UUID | str, contact_id_2: UUID | str) -> bool:
    """True when the two contacts are connected, whichever was named first."""
    return get_relationship(connection, contact_id_1, contact_id_2) is not None


def get_contact_relationships(connection: Connection, contact_id: UUID | str) -> list[Relationship]:
    """All relationships of a contact, whichever was named first, the oldest first."""
    rows = connection.execute(statement("relationships/find_of_contact"), _of(connection, contact_id))
    return [Relationship.model_validate(dict(row)) for row in rows.mappings()]


def get_colleagues(connection: Connection, contact_id: UUID | str) -> list[dict[str, Any]]:
    """Contacts at the same company that are connected as ``colleagues``, by name, whatever their status.

    Each has ``colleague_id``, ``colleague_name``, ``colleague_title`` and ``relationship_strength``. A contact without
    a company has none.
    """
    rows = connection.execute(statement("relationships/find_colleagues"), _of(connection, contact_id))
    return [dict(row) for row in rows.mappings()]


def _of(connection: Connection, contact_id: UUID | str) -> dict[str, UUID | None]:
    wanted = checked_uuid(contact_id, "contact_id")
    return {"contact_id": find_current_contacts(connection, [wanted]).get(wanted)}


def update_relationship(
    connection: Connection, relationship_id: UUID | str, data: RelationshipUpdate | Mapping[str, Any]
) -> Relationship:
    """Change a relationship; ``data`` has fields of ``RelationshipUpdate``. ``metadata`` is replaced as a whole.

    Whom it connects stays: delete it, and create another one. Raises ``LookupError`` for an unknown id, ``ValueError``
    for unusable values and unknown fields.
    """
    wanted = checked_uuid(relationship_id, "relationship_id")
    changes = RelationshipUpdate.model_validate(data).model_dump(exclude_unset=True)
    row = connection.execute(statement("relationships/lock_relationship"), {"id": wanted}).mappings().one_or_none()
    if row is None:
        raise LookupError(_NO_SUCH.format(wanted))
    if changes.get("is_verified") and not row["is_verified"]:
        changes.setdefault("last_verified_at", datetime.now(UTC))
    values = {"id": wanted, "changes": to_json(changes)}
    changed = connection.execute(statement("relationships/update_relationship"), values).mappings().one_or_none()
    return Relationship.model_validate(dict(changed or row))


def delete_relationship(connection: Connection, relationship_id: UUID | str) -> bool:
    """Disconnect two contacts. ``False`` when there was no such relationship."""
    values = {"id": checked_uuid(relationship_id, "relationship_id")}
    return connection.execute(statement("relationships/delete_relationship"), values).rowcount > 0
