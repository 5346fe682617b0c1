"""Persons, the channels to reach them, and the roles they hold.

Identity is the LinkedIn URL, then a personal e-mail, then the name key within a company. Shared mailboxes
(info@, sales@ ...) are kept as channels and identify nobody.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection

from prospecting.parsing.emails import is_role_mailbox, normalize_email
from prospecting.parsing.names import clean_person_name, person_key
from prospecting.parsing.records import ContactRecord
from prospecting.parsing.titles import classify_title
from prospecting.parsing.urls import linkedin_kind, normalize_linkedin_url
from prospecting.persistence.batches import Failure, Saved, Upserted, save_isolating, without_nones
from prospecting.persistence.database import lock_keys, to_json
from prospecting.persistence.statements import statement

_NO_IDENTITY = "A name alone identifies nobody: a LinkedIn URL, an e-mail or a company is needed"


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A person as somebody names them, with the role they hold at ``company_id``.

    ``observed_on`` is the day the evidence is from: newer evidence replaces a title, older never does.
    """

    full_name: str
    company_id: int | None = None
    title: str | None = None
    linkedin_url: str | None = None
    email: str | None = None
    phone: str | None = None
    location_text: str | None = None
    bio: str | None = None
    observed_on: date | None = None

    @classmethod
    def from_contact(cls, contact: ContactRecord, *, company_id: int, observed_on: date | None) -> PersonRow:
        return cls(
            full_name=contact.full_name,
            company_id=company_id,
            title=contact.title,
            linkedin_url=contact.linkedin_url,
            email=contact.email,
            phone=contact.phone,
            location_text=contact.location,
            bio=contact.bio,
            observed_on=contact.observed_on or observed_on,
        )


def _staged(position: int, row: PersonRow) -> dict[str, Any] | None:
    name = clean_person_name(row.full_name)
    key = person_key(row.full_name) if name else ""
    if not name or not key:
        return None
    linkedin = normalize_linkedin_url(row.linkedin_url)
    email = normalize_email(row.email)
    title = " ".join(row.title.split()) or None if row.title else None
    kind = classify_title(title)
    return {
        "ordinal": position,
        "company_id": row.company_id,
        "full_name": name.full,
        "name_key": key,
        "first_name": name.first,
        "last_name": name.last,
        "linkedin_url": linkedin if linkedin and linkedin_kind(linkedin) == "person" else None,
        "email": email,
        "email_is_identity": email is not None and not is_role_mailbox(email),
        "phone": row.phone,
        "phone_key": re.sub(r"\D", "", row.phone) or None if row.phone else None,
        "title": title,
        "role_key": title.casefold() if title else None,
        "role_category": kind.category,
        "seniority": kind.seniority if title else None,
        "is_decision_maker": kind.is_decision_maker,
        "observed_on": row.observed_on.isoformat() if row.observed_on else None,
        "location_text": row.location_text,
        "bio": row.bio,
    }


def _keys(row: dict[str, Any]) -> set[str]:
    keys = {f"l:{row['linkedin_url']}", f"e:{row['email']}", f"n:{row['name_key']}:{row['company_id']}"}
    return {key for key in keys if not key.endswith(":None")}


def upsert_persons(connection: Connection, rows: Sequence[PersonRow], *, source_system: str) -> Upserted:
    """Find or create every person in ``rows`` with their role and channels; fill what was unknown, never erase.

    Safe for any number of writers at once. One bad record costs only itself (``Upserted.failures``). At most one
    call per transaction, after companies (lock order).
    """
    result = Upserted(saved=[None] * len(rows))
    staged = [_staged(position, row) for position, row in enumerate(rows)]
    lock_keys(connection, "person", sorted(set().union(*(_keys(row) for row in staged if row))))
    connection.execute(statement("persons/stage_table"))

    def save(positions: Sequence[int]) -> dict[int, Saved]:
        batch = [row for position in positions if (row := staged[position])]
        connection.execute(statement("persons/clear_stage"))
        connection.execute(statement("persons/stage_rows"), {"rows": to_json(without_nones(batch))})
        if len(batch) > 1000:
            connection.execute(statement("persons/analyze_stage"))
        _resolve(connection, source_system)
        connection.execute(statement("persons/fill_gaps"))
        found = connection.execute(statement("persons/staged_result"))
        return {ordinal: Saved(person_id, is_new) for ordinal, person_id, is_new in found}

    usable = []
    for position, row in enumerate(staged):
        if row is None:
            result.failures.append(Failure(position, "missing_name", "The person has no usable name"))
        elif row["company_id"] is None and row["linkedin_url"] is None and not row["email_is_identity"]:
            result.failures.append(Failure(position, "no_identity", _NO_IDENTITY))
        else:
            usable.append(position)
    save_isolating(connection, usable, save, result)
    return result


def _resolve(connection: Connection, source_system: str) -> None:
    """Match, then create by the strongest identity and match again: a person listed twice is created once."""
    source = {"source_system": source_system}
    waves = ("by_linkedin", "by_email", "all_of_them")
    inserts = ("persons/insert_by_linkedin", "persons/insert_by_email", "persons/insert_by_name")
    connection.execute(statement("persons/match_by_linkedin"))
    for wave, insert in zip(waves, inserts, strict=True):
        connection.execute(statement("persons/match_by_email"))
        connection.execute(statement("persons/match_by_name"))
        remaining = connection.execute(statement("persons/unmatched")).mappings().one()
        if remaining[wave]:
            connection.execute(statement(insert), source)
            connection.execute(statement("persons/record_doubtful"))
        # Channels and roles are what the next wave is matched by.
        connection.execute(statement("persons/write_channels"))
        connection.execute(statement("persons/write_roles"), source)
        if remaining["all_of_them"] == 0:
            break
    connection.execute(statement("persons/retire_roles"))
