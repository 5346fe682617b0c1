"""Forgets a person: everything that is stored about them goes, and they are not stored again.

``find_target`` finds out who is meant and by what they are recognised. ``fence`` remembers that as keyed hashes, so
that from then on nobody brings them back. ``PARTS`` takes the person out of one table after the other, and last of all
out of the tables of persons themselves: as long as something is left to do, it is known who is meant.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping, text

from prospecting.parsing.emails import is_role_mailbox, normalize_email
from prospecting.parsing.names import person_key
from prospecting.parsing.subjects import Subject
from prospecting.parsing.urls import linkedin_kind, normalize_linkedin_url
from prospecting.persistence.database import lock_keys
from prospecting.persistence.erased_identities import REASON, Identity, record_identities
from prospecting.persistence.erasure_columns import EMPTIED, SEARCHED
from prospecting.persistence.erasure_research import (
    redact_calls,
    redact_entities,
    redact_interactions,
    redact_research,
)
from prospecting.persistence.erasure_search import Search, redact_table
from prospecting.persistence.statements import statement
from prospecting.persistence.suppressions import Suppression, suppress_addresses


@dataclass(frozen=True, slots=True)
class Target:
    """Whoever is to be forgotten.

    ``key`` is the same however they were named (personal data). ``person_ids`` are the stored persons, the one that
    the others were merged into first; empty for somebody who is known by an address or a profile alone.
    """

    key: str
    subject: Subject
    person_ids: tuple[int, ...] = ()
    company_ids: tuple[int, ...] = ()
    name_keys: tuple[str, ...] = ()

    @classmethod
    def of_person(cls, person_id: object) -> Target:
        """Whoever had this id, who may not be stored any more."""
        return cls(f"person:{person_id}", Subject())

    def identities(self) -> list[Identity]:
        """Everything they would be recognised by."""
        profile_known = bool(self.subject.profiles)
        return [
            *(Identity("linkedin", profile) for profile in sorted(self.subject.profiles)),
            *(Identity("email", email) for email in sorted(self.subject.emails)),
            *(
                Identity("name_at_company", f"{key}@{company_id}", profile_known)
                for key in self.name_keys
                for company_id in self.company_ids
            ),
        ]


# ------------------------------------------------------------------------------------------------------ who is meant
def find_target(
    connection: Connection,
    *,
    person_id: int | None = None,
    contact_id: UUID | None = None,
    email: str | None = None,
    linkedin_url: str | None = None,
) -> Target:
    """Whoever everything that is given leads to; an address or a profile may be of somebody who is not stored.

    Raises ``LookupError`` for an unknown person or contact, ``ValueError``, which repeats no value, for an address or
    a profile that identifies nobody, and when what is given leads to different people.
    """
    given = {
        "person_id": person_id,
        "contact_id": contact_id,
        "email": _email(email),
        "linkedin_url": _profile(linkedin_url),
    }
    if all(value is None for value in given.values()):
        raise ValueError("Who is meant? Give a person, a contact, an e-mail or a LinkedIn URL")
    rows = connection.execute(statement("erasure/find_persons"), given).all()
    for name in ("person", "contact"):
        if given[f"{name}_id"] is not None and not any(row.given == name for row in rows):
            raise LookupError(f"{name}: nobody of this id is stored; see the table {name}s")
    found = {row.person_id for row in rows}
    if len(found) > 1:
        raise ValueError(
            "What is given leads to different people: "
            + ", ".join(
                f"{name} to person {person}" for name, person in sorted((row.given, row.person_id) for row in rows)
            )
            + ". Give what leads to one of them"
        )
    emails = frozenset({given["email"]} - {None})
    profiles = frozenset({given["linkedin_url"]} - {None})
    if not found:
        return _unstored(connection, emails, profiles)
    known = connection.execute(statement("erasure/known_of_person"), {"person_id": found.pop()}).mappings().one()
    return _stored(connection, known, emails, profiles)


def _email(given: str | None) -> str | None:
    if given is None:
        return None
    email = normalize_email(given)
    if email is None:
        raise ValueError("email: not an e-mail address; give one like name@domain")
    if is_role_mailbox(email):
        raise ValueError("email: a shared mailbox, which identifies nobody; give a personal address")
    return email


def _profile(given: str | None) -> str | None:
    if given is None:
        return None
    if linkedin_kind(given) != "person":
        raise ValueError("linkedin_url: not the address of a person's profile; give one like linkedin.com/in/name")
    return normalize_linkedin_url(given)


def _unstored(connection: Connection, emails: frozenset[Any], profiles: frozenset[Any]) -> Target:
    values = {"emails": sorted(emails), "profiles": sorted(profiles)}
    names = connection.execute(statement("erasure/names_elsewhere"), values).scalars()
    key = " ".join([*(f"email:{email}" for email in emails), *(f"linkedin:{profile}" for profile in profiles)])
    return Target(key, Subject(frozenset(names), emails, profiles))


def _stored(connection: Connection, known: RowMapping, emails: frozenset[Any], profiles: frozenset[Any]) -> Target:
    if known["profiles"] and not profiles <= set(known["profiles"]):
        raise ValueError(
            "linkedin_url: the person who is meant has another profile, so this one is somebody else's; leave it out, "
            "or give it alone"
        )
    personal = {email for email in known["emails"] if not is_role_mailbox(email)}
    subject = Subject(
        frozenset(known["names"]), emails | personal, profiles | set(known["profiles"]), frozenset(known["phones"])
    )
    values = {"emails": sorted(subject.emails), "profiles": sorted(subject.profiles)}
    elsewhere = set(connection.execute(statement("erasure/names_elsewhere"), values).scalars())
    subject = Subject(subject.names | elsewhere, subject.emails, subject.profiles, subject.phones)
    keys = {*known["name_keys"], *(key for name in elsewhere if (key := person_key(name)))}
    return Target(
        Target.of_person(known["ids"][0]).key,
        subject,
        tuple(known["ids"]),
        tuple(known["company_ids"]),
        tuple(sorted(keys)),
    )


def search_for(connection: Connection, target: Target, *, dry_run: bool = False, since: str | None = None) -> Search:
    """The search through every table; ``since`` as ``begun_at`` gave it."""
    keys = [key for name in target.subject.names if (key := person_key(name))]
    values = {"name_keys": sorted({*keys, *target.name_keys}), "ids": list(target.person_ids)}
    namesakes = tuple(connection.execute(statement("erasure/namesakes"), values).scalars())
    return Search(target.subject, target.person_ids, namesakes, dry_run, since)


def begun_at(connection: Connection) -> str:
    """A moment that rows can be compared with: whatever is committed later was written since."""
    found: str = connection.execute(statement("erasure/begun_at")).scalar_one()
    return found


# ----------------------------------------------------------------------------------------------------------- erasing
def fence(connection: Connection, target: Target, erasure_id: UUID) -> int:
    """Remember by what the person would be recognised, and suppress their addresses. Returns how many hashes are new.

    Whoever is saving them at this moment is waited for; whoever comes later finds that they were forgotten.
    """
    keys = [f"l:{profile}" for profile in target.subject.profiles] + [f"e:{email}" for email in target.subject.emails]
    keys += [f"n:{key}:{company_id}" for key in target.name_keys for company_id in target.company_ids]
    lock_keys(connection, "person", keys)
    new = record_identities(connection, erasure_id, target.identities())
    addresses = [
        Suppression("email", email, REASON, f"erasure {erasure_id}") for email in sorted(target.subject.emails)
    ]
    suppress_addresses(connection, addresses)
    return new


def erase_spine(connection: Connection, search: Search) -> dict[str, int]:
    """Delete the persons themselves with everything that refers to them; the seats they hold are open."""
    values = {"ids": list(search.person_ids), "emails": sorted(search.subject.emails)}
    counts = dict(connection.execute(statement("erasure/count_rows"), values).mappings().one())
    if not search.dry_run:
        connection.execute(statement("erasure/lock_companies"), values)
        connection.execute(statement("erasure/open_seats"), values)
        connection.execute(statement("erasure/clear_contact_addresses"), values)
        # Persons last: what refers to them goes with them.
        for name in ("events", "channels", "candidates", "entities", "journal", "merges", "persons"):
            connection.execute(statement(f"erasure/delete_{name}"), values)
    return {name: count for name, count in counts.items() if count}


Part = Callable[[Connection, Search, UUID | None], dict[str, int]]


def _table(name: str, connection: Connection, search: Search, _: UUID | None) -> dict[str, int]:
    return {name: redact_table(connection, search, name)}


_TOGETHER: Mapping[str, Part] = {
    "agent_calls": lambda connection, search, _: redact_calls(connection, search),
    "research": lambda connection, search, _: redact_research(connection, search),
    "research_entities": lambda connection, search, _: redact_entities(connection, search),
    "user_interactions": redact_interactions,
}
_IN_TOGETHER = {*_TOGETHER, "pipeline_runs", "step_results", "submissions"}
# Histories go with what they are the history of, so they come before it.
_ALONE = sorted({*SEARCHED, *EMPTIED} - _IN_TOGETHER, key=lambda name: (not name.endswith("_history"), name))
PARTS: Mapping[str, Part] = {
    **_TOGETHER,
    **{name: partial(_table, name) for name in _ALONE},
    "spine": lambda connection, search, _: erase_spine(connection, search),
}
"""The parts of an erasure, in order; each is worth a transaction of its own."""


def erase_part(connection: Connection, search: Search, name: str, erasure_id: UUID | None = None) -> dict[str, int]:
    """One of ``PARTS``. Returns how many rows of which tables that concerned; a dry run only counts."""
    if not search.dry_run:
        # Research that loses a person is no newer research.
        connection.execute(text("select set_config('prospecting.erasing', 'on', true)"))
    counts = PARTS[name](connection, search, erasure_id)
    if not search.dry_run:
        connection.execute(text("select set_config('prospecting.erasing', 'off', true)"))
    return {table: count for table, count in counts.items() if count}


def erase_person(
    connection: Connection, target: Target, *, erasure_id: UUID | None = None, dry_run: bool = True
) -> dict[str, int]:
    """Forget a person in one transaction, or count what that would concern. Returns the rows by table.

    Doing it again changes nothing. Raises ``ValueError`` without an erasure, which only a dry run can do without.
    """
    if not dry_run:
        if erasure_id is None:
            raise ValueError("erasure_id: whoever is forgotten is forgotten within an erasure; open one")
        fence(connection, target, erasure_id)
    search = search_for(connection, target, dry_run=dry_run)
    counts: dict[str, int] = {}
    for name in PARTS:
        for table, count in erase_part(connection, search, name, erasure_id).items():
            counts[table] = counts.get(table, 0) + count
    return counts
