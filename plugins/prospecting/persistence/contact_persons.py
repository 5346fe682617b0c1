"""The person behind a contact: found or created for a new one, and changed with it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from prospecting.parsing.emails import is_role_mailbox
from prospecting.parsing.name.likeness import are_like_names
from prospecting.parsing.names import PersonName, person_key
from prospecting.parsing.titles import classify_title
from prospecting.persistence.contact_queries import Contact
from prospecting.persistence.contact_records import NewContact, person_name, phone_key
from prospecting.persistence.erased_identities import DETAIL, Mention, find_erased
from prospecting.persistence.persons import PersonRow, upsert_persons
from prospecting.persistence.roles import settle_roles_of
from prospecting.persistence.statements import statement

_NAMES = {"first_name", "last_name", "full_name"}
OF_THE_PERSON = frozenset({*_NAMES, "title", "phone", "linkedin_url"})
"""Fields of a contact that are kept with the person."""

_SOURCE_SYSTEM = "manual"


def find_or_create_person(connection: Connection, given: NewContact, company_id: int | None) -> int:
    """The person that a new contact is, with title, role, profile and channels written down as evidence of today.

    Raises ``ValueError`` when nothing tells who it is, or when the person must not be stored.
    """
    name = given.name
    if given.email is not None:
        _let_address_identify(connection, given.email, name)
    row = PersonRow(
        full_name=name.full,
        company_id=company_id,
        title=given.title,
        linkedin_url=given.linkedin_url,
        email=given.email,
        phone=given.phone,
        observed_on=datetime.now(UTC).date() if given.title else None,
    )
    result = upsert_persons(connection, [row], source_system=given.source_system)
    if result.failures:
        raise ValueError(result.failures[0].detail)
    (saved,) = result.saved
    assert saved is not None
    if saved.is_new:
        _rename(connection, saved.id, name)
    return saved.id


def _let_address_identify(connection: Connection, email: str, name: PersonName) -> None:
    """Let the contact that has the address be found by it, if the name may be theirs."""
    holder = connection.execute(statement("contacts/holder_of_address"), {"email": email}).one_or_none()
    if holder and not holder.is_known_by_it and are_like_names(person_key(name.full), holder.name_key):
        _add_address(connection, holder.person_id, email)


def change_person(connection: Connection, known: Contact, changes: Mapping[str, Any], company_id: int | None) -> bool:
    """Change what of ``changes`` is kept with the person of a contact, who is locked. True when something changed.

    ``company_id`` is where the contact is from now on: a title is the one held there today, and replaces another one.
    Raises ``ValueError`` for a name that is none, for a profile where there is another one, and for what somebody who
    asked to be forgotten was known by.
    """
    changed = 0
    name = _new_name(known, changes)
    _refuse_erased(connection, known, changes, name, company_id)
    if name:
        changed += _rename(connection, known.person_id, name)
    if "title" in changes:
        changed += _retitle(connection, known.person_id, changes["title"], company_id)
    if changes.get("linkedin_url", known.linkedin_url) != known.linkedin_url:
        changed += _set_profile(connection, known, changes["linkedin_url"])
    if changes.get("phone", known.phone) != known.phone:
        changed += _set_phone(connection, known.person_id, changes["phone"])
    if changes.get("email"):
        _add_address(connection, known.person_id, changes["email"])
        connection.execute(
            statement("contacts/record_shared_address"), {"person_id": known.person_id, "email": changes["email"]}
        )
    return changed > 0


def _new_name(known: Contact, changes: Mapping[str, Any]) -> PersonName | None:
    if not changes.keys() & _NAMES:
        return None
    first, last = (changes.get(part, getattr(known, part)) for part in ("first_name", "last_name"))
    return person_name(changes.get("full_name"), first, last)


def _refuse_erased(
    connection: Connection,
    known: Contact,
    changes: Mapping[str, Any],
    name: PersonName | None,
    company_id: int | None,
) -> None:
    moves = company_id != known.company_id
    mention = Mention.of(
        name.full if name else known.full_name if moves else None,
        linkedin_url=changes.get("linkedin_url", known.linkedin_url),
        email=changes.get("email"),
        company_id=company_id,
    )
    if find_erased(connection, [mention]):
        raise ValueError(DETAIL)


def _rename(connection: Connection, person_id: int, name: PersonName) -> int:
    values = {
        "person_id": person_id,
        "full_name": name.full,
        "name_key": person_key(name.full),
        "first_name": name.first,
        "last_name": name.last,
    }
    return connection.execute(statement("contacts/rename_person"), values).rowcount


def _retitle(connection: Connection, person_id: int, title: str | None, company_id: int | None) -> int:
    today, kind = datetime.now(UTC).date(), classify_title(title)
    values = {
        "person_id": person_id,
        "title": title,
        "seniority": kind.seniority if title else None,
        "observed_on": today if title else None,
    }
    changed = connection.execute(statement("contacts/retitle_person"), values).rowcount
    if title and company_id is not None:
        role = {
            **values,
            "company_id": company_id,
            "role_key": title.casefold(),
            "role_category": kind.category,
            "is_decision_maker": kind.is_decision_maker,
            "source_system": _SOURCE_SYSTEM,
        }
        changed += connection.execute(statement("contacts/write_role"), role).rowcount
        changed += connection.execute(statement("contacts/end_other_roles"), role).rowcount
        settle_roles_of(connection, [person_id])
    return changed


def _set_profile(connection: Connection, known: Contact, url: str | None) -> int:
    if known.linkedin_url is not None:
        raise ValueError(
            f"The person of contact {known.id} has another LinkedIn profile, which says who they are: a contact with "
            "this profile is somebody else; create one for them"
        )
    values = {"person_id": known.person_id, "linkedin_url": url}
    owner = connection.execute(statement("contacts/owner_of_profile"), values).scalar_one_or_none()
    if owner is not None:
        raise ValueError(f"Person {owner} has this LinkedIn profile already; create a contact for that person instead")
    changed = connection.execute(statement("contacts/set_profile"), values).rowcount
    # Roles say more of somebody who is known.
    settle_roles_of(connection, [known.person_id])
    return changed


def _set_phone(connection: Connection, person_id: int, phone: str | None) -> int:
    values = {"person_id": person_id, "value": phone, "value_key": phone_key(phone) if phone else None}
    changed = connection.execute(statement("contacts/forget_phones"), values).rowcount
    if phone:
        changed += connection.execute(statement("contacts/add_phone"), values).rowcount
    return changed


def _add_address(connection: Connection, person_id: int, email: str) -> None:
    values = {"person_id": person_id, "email": email, "is_shared": is_role_mailbox(email)}
    connection.execute(statement("contacts/add_address"), values)
