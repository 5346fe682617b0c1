"""Finding contacts: by id, by address, by company, by a few characters of their name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Literal, get_args
from uuid import UUID

from sqlalchemy import Connection

from prospecting.parsing.emails import normalize_email
from prospecting.parsing.names import person_key
from prospecting.parsing.titles import C_SUITE, DIRECTOR, INDIVIDUAL, MANAGER, VP
from prospecting.persistence.account_fields import Stored
from prospecting.persistence.searching import search_values
from prospecting.persistence.statements import statement
from prospecting.persistence.users import checked_uuid

SeniorityLevel = Literal["c-level", "vp", "director", "manager", "individual_contributor"]
ContactStatus = Literal["active", "inactive", "unsubscribed", "bounced", "invalid"]
SENIORITY_LEVELS: dict[str, SeniorityLevel] = {
    C_SUITE: "c-level",
    VP: "vp",
    DIRECTOR: "director",
    MANAGER: "manager",
    INDIVIDUAL: "individual_contributor",
}
"""The seniority of contacts, by that of persons and roles."""
CONTACT_STATUSES: tuple[ContactStatus, ...] = get_args(ContactStatus)


class Contact(Stored):
    """A person we engage. Names, title, phone and LinkedIn profile are the person's, the rest is the contact's own.

    ``full_name`` may have more words than ``first_name`` and ``last_name``; of a name of one word ``last_name`` is
    empty. ``last_engaged_at`` and ``total_touchpoints`` are kept by triggers, ``engagement_score`` (0 to 100) by
    ``account_refresh``.
    """

    id: UUID
    company_id: int | None
    person_id: int
    first_name: str
    last_name: str
    full_name: str
    email: str | None
    phone: str | None
    title: str | None
    role: str | None
    department: str | None
    seniority_level: SeniorityLevel | None
    linkedin_url: str | None
    twitter_url: str | None
    personal_website: str | None
    interests: list[Any]
    communication_preferences: dict[str, Any]
    research_data: dict[str, Any]
    engagement_score: int
    last_engaged_at: datetime | None
    total_touchpoints: int
    status: ContactStatus
    is_primary_contact: bool
    is_decision_maker: bool
    is_champion: bool
    last_researched_at: datetime | None
    job_changed_at: datetime | None
    created_at: datetime
    updated_at: datetime


def find_current_contacts(connection: Connection, contact_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """The contacts that these ids lead to, by id: after a merge another one. Unknown ids are missing."""
    found = connection.execute(statement("contacts/find_current"), {"ids": list(contact_ids)})
    return {row.named: row.id for row in found}


def lock_current_contacts(connection: Connection, contact_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """Lock the contacts that these ids lead to until the transaction ends; by id, like ``find_current_contacts``.

    Raises ``LookupError`` for an unknown id.
    """
    wanted = set(contact_ids)
    locked: dict[UUID, UUID] = {}
    # Whoever waited for a merge looks again: the ids lead elsewhere by now.
    while (current := find_current_contacts(connection, wanted)) != locked:
        connection.execute(statement("contacts/lock_contacts"), {"ids": list(set(current.values()))}).all()
        locked = current
    if missing := wanted.difference(locked):
        raise LookupError(f"There is no contact {min(missing)}; it was deleted, or the id is another record's")
    return locked


def get_contact_by_id(connection: Connection, contact_id: UUID | str) -> Contact | None:
    """The contact of an id; ``None`` when there is none. Raises ``ValueError`` for what is no UUID.

    When its person was merged into another one who is a contact too, that contact.
    """
    wanted = checked_uuid(contact_id, "contact_id")
    found = find_current_contacts(connection, [wanted])
    return contact_profiles(connection, [found[wanted]])[0] if found else None


def get_contact_by_email(connection: Connection, email: str) -> Contact | None:
    """The contact with this address, in any case and spelling; ``None`` when there is none."""
    address = normalize_email(email)
    found = (
        None
        if address is None
        else connection.execute(statement("contacts/find_by_email"), {"email": address}).scalar_one_or_none()
    )
    return None if found is None else contact_profiles(connection, [found])[0]


def find_contacts_by_company(connection: Connection, company_id: int, status: str | None = "active") -> list[Contact]:
    """Contacts of a company with a status, by name; with ``None`` all of them.

    Those of companies that were merged into it are among them. Raises ``ValueError`` for an unknown status.
    """
    return _of_company(connection, company_id, status=status)


def find_contacts_by_role(
    connection: Connection, company_id: int, roles: Sequence[str], status: str | None = "active"
) -> list[Contact]:
    """Contacts of a company in one of these roles (``role``, not the title; in any case), like all of a company."""
    if isinstance(roles, str):
        raise ValueError("roles is one text; give a list of them")
    return _of_company(connection, company_id, status=status, roles=[role.strip().lower() for role in roles])


def find_decision_makers(connection: Connection, company_id: int, status: str | None = "active") -> list[Contact]:
    """Decision makers among the contacts of a company, like all of a company."""
    return _of_company(connection, company_id, status=status, only_decision_makers=True)


def find_primary_contact(connection: Connection, company_id: int) -> Contact | None:
    """The primary contact of a company, whatever their status; ``None`` when there is none."""
    return next(iter(_of_company(connection, company_id, status=None, only_primary=True)), None)


def search_contacts(connection: Connection, term: str, limit: int = 20) -> list[Contact]:
    """Contacts with ``term`` in a name or the address: equal ones first, then by where it stands (start, a word, else).

    A name or an address in another spelling ("Doe, Jane", "Jane@ACME.com") counts as equal. Case does not matter. Reads
    every contact: up to a second for a hundred thousand. Raises ``ValueError`` for an empty term, and a limit not
    within 1 to 1000.
    """
    values = search_values(term, limit) | {"email": normalize_email(term), "name_key": person_key(term) or None}
    return contact_profiles(connection, connection.execute(statement("contacts/search"), values).scalars().all())


def contact_profiles(connection: Connection, ids: Sequence[UUID]) -> list[Contact]:
    """The contacts of these ids in their order, without those that do not exist."""
    rows = connection.execute(statement("contacts/profiles"), {"ids": list(ids)}).mappings() if ids else ()
    return [Contact(**row) for row in rows]


def _of_company(
    connection: Connection,
    company_id: int,
    *,
    status: str | None,
    roles: Sequence[str] | None = None,
    only_decision_makers: bool = False,
    only_primary: bool = False,
) -> list[Contact]:
    if status is not None and status not in CONTACT_STATUSES:
        raise ValueError(f"Unknown status of a contact; allowed: {', '.join(CONTACT_STATUSES)}, or None for all")
    values = {
        "company_id": company_id,
        "status": status,
        "roles": None if roles is None else list(roles),
        "only_decision_makers": only_decision_makers,
        "only_primary": only_primary,
    }
    return contact_profiles(
        connection, connection.execute(statement("contacts/find_of_company"), values).scalars().all()
    )
