"""Creating and changing contacts, one at a time.

Locks are taken in the order company, person, contact, address. What is refused leaves nothing behind: each function
undoes what it did itself before it raises.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row

from prospecting.parsing.titles import classify_title
from prospecting.persistence import suppressions
from prospecting.persistence.company_profiles import find_current_company
from prospecting.persistence.contact_persons import OF_THE_PERSON, change_person, find_or_create_person
from prospecting.persistence.contact_queries import SENIORITY_LEVELS, Contact, contact_profiles
from prospecting.persistence.contact_records import ContactUpdate, NewContact
from prospecting.persistence.database import lock_keys, to_json
from prospecting.persistence.statements import statement
from prospecting.persistence.users import checked_uuid

_TRIES = 3
_IDENTITY = (("e", "email"), ("l", "linkedin_url"))
"""Fields that a person is found by, as they are locked in the namespace ``person``."""
_LEVELS = to_json(SENIORITY_LEVELS)
_NO_SUCH = "No contact {}: it was deleted, or the database is another one"
_TAKEN = "The e-mail address belongs to contact {}: change that contact instead, or give another address"
_SECOND_PRIMARY = "Contact {} is the primary contact of the company: make_primary_contact moves that to another one"
_SUPPRESSED = "The address of contact {} must not be written to ({}): have that lifted, or give another address"


def create_contact(connection: Connection, data: NewContact | Mapping[str, Any]) -> Contact:
    """Find or create a contact; ``data`` has the fields of ``NewContact``.

    The person is found by LinkedIn profile, e-mail or name at the company, or created; title and role are evidence of
    today. A contact of that person is found, and one with that address whose name may be the same: the given values
    fill what is unknown of it and overwrite nothing (``update_contact`` does). Flags that are not set, and the status
    ``active``, count as unknown. A suppressed address makes the contact ``unsubscribed`` or ``bounced`` at once.
    Create at most one contact per transaction, after companies (lock order).

    Raises ``ValueError`` for unusable values and unknown fields, for a person nothing identifies, for an address that
    is another contact's, and for a second primary contact of a company; ``LookupError`` for an unknown company.
    """
    given = NewContact.model_validate(data)
    with connection.begin_nested():
        company_id = None if given.company_id is None else _lock_companies(connection, given.company_id)
        person_id = find_or_create_person(connection, given, company_id)
        contact_id = _find_or_create(connection, given, company_id, person_id)
    return contact_profiles(connection, [contact_id])[0]


def _find_or_create(connection: Connection, given: NewContact, company_id: int | None, person_id: int) -> UUID:
    contact = given.model_dump(exclude={*OF_THE_PERSON, "company_id"}) | {"company_id": company_id}
    for _ in range(_TRIES):
        found = connection.execute(
            statement("contacts/lock_known"), {"person_id": person_id, "email": given.email}
        ).all()
        known = next((row for row in found if row.person_id == person_id), None)
        if other := next((row for row in found if row is not known), None):
            raise ValueError(_TAKEN.format(other.id))
        _refuse_second_primary(connection, given, company_id, known)
        if reason := _suppression(connection, known.email if known and known.email else given.email):
            contact["status"] = suppressions.STATUS_OF_REASON[reason]
        values = {"contact": to_json(contact), "levels": _LEVELS}
        if known:
            connection.execute(statement("contacts/fill_contact"), {**values, "id": known.id})
            known_id: UUID = known.id
            return known_id
        new_id: UUID | None = connection.execute(
            statement("contacts/insert_contact"), {**values, "person_id": person_id}
        ).scalar_one_or_none()
        if new_id is not None:
            return new_id
        # Somebody else was faster, and has committed: the next look finds their contact.
    raise LookupError("The person was removed while the contact was created; create the contact again")


def _refuse_second_primary(connection: Connection, given: NewContact, company_id: int | None, known: Any) -> None:
    if known and known.company_id is not None and known.company_id != company_id:
        if given.is_primary_contact:
            raise ValueError(f"Contact {known.id} is at another company; move it there with update_contact first")
        return
    if company_id is not None and (given.is_primary_contact or (known and known.is_primary_contact)):
        _refuse_other_primary(connection, company_id, known.id if known else None)


def update_contact(connection: Connection, contact_id: UUID | str, data: ContactUpdate | Mapping[str, Any]) -> Contact:
    """Change a contact; ``data`` has fields of ``ContactUpdate``. Objects and lists are replaced as a whole.

    Names, title, phone and LinkedIn profile are changed for the person: a title is the one held today at the contact's
    company and ends other roles there; a phone is the one shown from then on, and ``None`` removes all.
    ``seniority_level`` and ``is_decision_maker`` follow a new title where they said what the old one says. Who moves to
    another company is no primary contact there, unless that is given. A new address identifies the person too, and
    makes who bounced active; a suppressed one gives the contact its status.

    Raises ``LookupError`` for an unknown contact or company. Raises ``ValueError`` for unusable values and unknown
    fields (counters and scores are not set by hand), for an address or a profile of somebody else, for another profile
    than the person's, for a second primary contact of a company, and for ``active`` with a suppressed address.
    """
    named = checked_uuid(contact_id, "contact_id")
    changes = ContactUpdate.model_validate(data).model_dump(exclude_unset=True)
    with connection.begin_nested():
        known = _lock(connection, named, changes)
        wanted = known.id
        moves = changes.get("company_id", known.company_id) != known.company_id
        if moves:
            changes.setdefault("is_primary_contact", False)
        company_id = changes.get("company_id", known.company_id)
        if company_id is not None and changes.get("is_primary_contact"):
            _refuse_other_primary(connection, company_id, wanted)
        if changes.get("email"):
            _refuse_others_address(connection, known, changes["email"])
        has_new_person = change_person(connection, known, changes, company_id)
        changes |= _follow_title(known, changes) | _follow_address(connection, known, changes)
        columns = {name: value for name, value in changes.items() if name not in OF_THE_PERSON}
        values = {"id": wanted, "changes": to_json(columns)}
        is_changed = connection.execute(statement("contacts/update_contact"), values).rowcount > 0
        if has_new_person and not is_changed:
            connection.execute(statement("contacts/touch_contact"), {"id": wanted})
    return contact_profiles(connection, [wanted])[0]


def make_primary_contact(connection: Connection, contact_id: UUID | str) -> Contact:
    """Make a contact the primary one of its company, in the place of the one that is.

    Raises ``LookupError`` for an unknown contact, ``ValueError`` for one without a company.
    """
    named = checked_uuid(contact_id, "contact_id")
    with connection.begin_nested():
        known = _lock(connection, named, {"is_primary_contact": True}, with_primary=True)
        wanted = known.id
        if known.company_id is None:
            raise ValueError(f"Contact {wanted} has no company to be the primary contact of; move it to one first")
        connection.execute(statement("contacts/make_primary"), {"id": wanted, "company_id": known.company_id})
    return contact_profiles(connection, [wanted])[0]


# ------------------------------------------------------------------------------------------------------------- locks
def _lock_companies(connection: Connection, company_id: int, *others: int | None) -> int:
    """Lock a company, or the one it was merged into, and others with it; returns its id. Raises ``LookupError``."""
    current = find_current_company(connection, company_id)
    ids = [current, *others]
    found = connection.execute(statement("contacts/lock_companies"), {"ids": [id for id in ids if id is not None]})
    if current is None or current not in found.scalars().all():
        raise LookupError(f"No company {company_id}: it was deleted, or the database is another one")
    return current


def _lock(connection: Connection, contact_id: UUID, changes: dict[str, Any], *, with_primary: bool = False) -> Contact:
    """Lock everything that changes of a contact touch, and read it. Contact and ``company_id`` become those that they
    were merged into.

    With ``with_primary`` the primary contact of its company too. Raises ``LookupError``.
    """
    for _ in range(_TRIES):
        # Undone when the contact has moved meanwhile: whoever waits for its company must not have locked it.
        with connection.begin_nested() as attempt:
            before = connection.execute(statement("contacts/where_is"), {"id": contact_id}).one_or_none()
            if before is None:
                break
            _lock_around(connection, before, changes)
            values = {"id": before.id, "company_id": before.company_id if with_primary else None}
            connection.execute(statement("contacts/lock_contact"), values).all()
            if before == connection.execute(statement("contacts/where_is"), {"id": contact_id}).one_or_none():
                return contact_profiles(connection, [before.id])[0]
            attempt.rollback()
    raise LookupError(_NO_SUCH.format(contact_id))


def _lock_around(connection: Connection, contact: Row[Any], changes: dict[str, Any]) -> None:
    """Lock the companies and the person that changes of a contact touch."""
    if changes.get("company_id") is not None:
        changes["company_id"] = _lock_companies(connection, changes["company_id"], contact.company_id)
    elif contact.company_id is not None and changes.keys() & {"company_id", "is_primary_contact"}:
        _lock_companies(connection, contact.company_id, contact.company_id)
    lock_keys(connection, "person", {f"{key}:{changes[name]}" for key, name in _IDENTITY if changes.get(name)})
    if changes.keys() & OF_THE_PERSON:
        connection.execute(statement("contacts/lock_person"), {"person_id": contact.person_id})


# --------------------------------------------------------------------------------- what follows, and what is refused
def _follow_title(known: Contact, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Seniority and decision power that follow a new title, as long as nobody set others than the old title says."""
    if "title" not in changes:
        return {}
    before, now = _said_by(known.title), _said_by(changes["title"])
    return {name: now[name] for name in now if name not in changes and getattr(known, name) in (before[name], None)}


def _said_by(title: str | None) -> dict[str, Any]:
    if title is None:
        return {"seniority_level": None, "is_decision_maker": False}
    kind = classify_title(title)
    return {
        "seniority_level": SENIORITY_LEVELS[kind.seniority],
        "is_decision_maker": kind.is_decision_maker,
    }


def _follow_address(connection: Connection, known: Contact, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The status that follows from a new address. Raises ``ValueError`` for ``active`` with a suppressed one."""
    email, status = changes.get("email", known.email), changes.get("status")
    is_new = email != known.email
    if not is_new and status != "active":
        return {}
    reason = _suppression(connection, email)
    if reason and status == "active":
        raise ValueError(_SUPPRESSED.format(known.id, reason))
    if not is_new or status is not None:
        return {}
    if reason:
        return {"status": suppressions.STATUS_OF_REASON[reason]}
    return {"status": "active"} if email and known.status == "bounced" else {}


def _suppression(connection: Connection, email: str | None) -> str | None:
    return None if email is None else suppressions.reasons(connection, [email]).get(email)


def _refuse_others_address(connection: Connection, known: Contact, email: str) -> None:
    other = connection.execute(statement("contacts/find_by_email"), {"email": email}).scalar_one_or_none()
    if other not in (None, known.id):
        raise ValueError(_TAKEN.format(other))


def _refuse_other_primary(connection: Connection, company_id: int, contact_id: UUID | None) -> None:
    values = {"company_id": company_id, "id": contact_id}
    other = connection.execute(statement("contacts/other_primary"), values).scalar_one_or_none()
    if other is not None:
        raise ValueError(_SECOND_PRIMARY.format(other))
