"""Persons, the channels to reach them, and the roles they hold.

Identity is the LinkedIn URL, then a personal e-mail, then the name key within a company. Shared mailboxes
(info@, sales@ ...) are kept as channels and identify nobody. An address under two unlike names is two people and a
doubtful pair: it goes on identifying whoever had it first, and is a channel of both.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, RowMapping

from prospecting.parsing.emails import is_role_mailbox, normalize_email
from prospecting.parsing.name.likeness import are_like_names
from prospecting.parsing.names import clean_person_name, person_key
from prospecting.parsing.posts import read_post
from prospecting.parsing.records import ContactRecord
from prospecting.parsing.titles import classify_title
from prospecting.parsing.urls import normalize_linkedin_url
from prospecting.persistence.batches import (
    LARGE,
    Failure,
    Saved,
    Upserted,
    correct_statistics,
    save_isolating,
    without_nones,
)
from prospecting.persistence.database import lock_keys, to_json
from prospecting.persistence.erased_identities import DETAIL, REASON, Mention, find_erased
from prospecting.persistence.roles import settle_changed_roles
from prospecting.persistence.statements import statement

_JOINED = ("persons", "contact_channels", "company_person_roles")
_MAX_COMPARED = 20
"""Names of one address that another name is compared with: an address that more people share has no owner."""
_NO_IDENTITY = "A name alone identifies nobody: a LinkedIn URL, an e-mail or a company is needed"


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A person as somebody names them, with the role they hold at ``company_id``.

    ``observed_on`` is the day the evidence is from: newer evidence replaces a title, older never does.
    ``target_function`` is the function the person was looked for in, ``target_match`` how well the title fits it
    (``exact``, ``same_function``, ``above``); both or neither.
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
    target_function: str | None = None
    target_match: str | None = None

    @classmethod
    def from_contact(
        cls,
        contact: ContactRecord,
        *,
        company_id: int,
        observed_on: date | None,
        target_function: str | None = None,
        target_match: str | None = None,
    ) -> PersonRow:
        """``observed_on``: the day the answer was given; the day that the contact's source has is the evidence's."""
        return cls(
            full_name=contact.full_name,
            company_id=company_id,
            title=contact.title,
            linkedin_url=contact.linkedin_url,
            email=contact.email,
            phone=contact.phone,
            location_text=contact.location,
            bio=contact.bio,
            observed_on=_day_of_evidence(contact.observed_on, observed_on),
            target_function=target_function,
            target_match=target_match,
        )


def _day_of_evidence(said: date | None, asked: date | None) -> date | None:
    """The day that a source gives itself, else the day it was asked; nothing is known from after that day."""
    return min(said, asked) if said and asked else said or asked


def _staged(position: int, row: PersonRow) -> dict[str, Any] | None:
    name = clean_person_name(row.full_name)
    key = person_key(row.full_name) if name else ""
    if not name or not key:
        return None
    linkedin = normalize_linkedin_url(row.linkedin_url) if row.linkedin_url else None
    is_profile = linkedin is not None and "/in/" in linkedin
    email = normalize_email(row.email) if row.email else None
    is_identity = email is not None and not is_role_mailbox(email)
    title = " ".join(row.title.split()) or None if row.title else None
    kind = classify_title(title)
    return {
        "ordinal": position,
        "wave": 1 if is_profile else 2 if is_identity else 3,
        "company_id": row.company_id,
        "full_name": name.full,
        "name_key": key,
        "first_name": name.first,
        "last_name": name.last,
        "linkedin_url": linkedin if is_profile else None,
        "email": email,
        "email_is_identity": is_identity,
        "email_name": None,
        "phone": row.phone,
        "phone_key": re.sub(r"\D", "", row.phone) or None if row.phone else None,
        "title": title,
        "role_key": title.casefold() if title else None,
        "role_category": kind.category,
        "seniority": kind.seniority if title else None,
        "is_decision_maker": kind.is_decision_maker,
        "observed_on": row.observed_on.isoformat() if row.observed_on else None,
        "target_function": row.target_function if row.target_match else None,
        "target_match": row.target_match if row.target_function else None,
        "location_text": row.location_text,
        "bio": row.bio,
    }


def _group_alike(rows: Sequence[dict[str, Any]]) -> None:
    """Let the rows of one address that may be one person share an ``email_name``: the name key of the first of them."""
    names: dict[str, dict[str, str]] = {}
    for row in rows:
        if not row["email_is_identity"]:
            continue
        name = row["name_key"]
        known = names.setdefault(row["email"], {})
        if name not in known:
            firsts = list(dict.fromkeys(known.values()))[:_MAX_COMPARED]
            known[name] = next((first for first in firsts if are_like_names(name, first)), name)
        row["email_name"] = known[name]


def _keys(row: dict[str, Any]) -> set[str]:
    keys = {f"l:{row['linkedin_url']}", f"e:{row['email']}", f"n:{row['name_key']}:{row['company_id']}"}
    if row["company_id"] is not None and row["title"] is not None:
        # Whoever writes a holder of an office of one person has to see whom others write there.
        keys |= {f"o:{row['company_id']}:{office}" for office in read_post(row["title"]).offices}
    return {key for key in keys if not key.endswith(":None")}


def _follow_merges(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Let people of a company that was merged work at the one it was merged into: whoever saves them locks one key."""
    named = {row["company_id"] for row in rows} - {None}
    if not named:
        return
    merged = connection.execute(statement("companies/merged"), {"ids": sorted(named)})
    current: dict[int, int] = {row.id: row.merged_into_id for row in merged}
    for row in rows:
        row["company_id"] = current.get(row["company_id"], row["company_id"])


def _mention(row: dict[str, Any] | None) -> Mention:
    if row is None:
        return Mention()
    email = row["email"] if row["email_is_identity"] else None
    return Mention(row["linkedin_url"], email, row["name_key"], row["company_id"])


def upsert_persons(connection: Connection, rows: Sequence[PersonRow], *, source_system: str) -> Upserted:
    """Find or create every person in ``rows`` with their role and channels; fill what was unknown, never erase.

    Safe for any number of writers at once. One bad record costs only itself (``Upserted.failures``). Somebody who asked
    to be forgotten is not stored: a failure with the reason ``erased``, to be counted, and not to be kept. At most one
    call per transaction, after companies (lock order).
    """
    result = Upserted(saved=[None] * len(rows))
    staged = [_staged(position, row) for position, row in enumerate(rows)]
    _follow_merges(connection, [row for row in staged if row])
    lock_keys(connection, "person", (key for row in staged if row for key in _keys(row)))
    connection.execute(statement("persons/stage_table"))
    connection.execute(statement("persons/judged_table"))
    connection.execute(statement("persons/changed_table"))
    _group_alike([row for row in staged if row])

    def save(positions: Sequence[int]) -> dict[int, Saved]:
        batch = [row for position in positions if (row := staged[position])]
        connection.execute(statement("persons/clear_stage"))
        connection.execute(statement("persons/stage_rows"), {"rows": to_json(without_nones(batch))})
        is_large = len(batch) > LARGE
        if is_large:
            connection.execute(statement("persons/analyze_stage"))
        _resolve(connection, source_system, is_large=is_large)
        titles = {row["title"] for row in batch if row["title"]}
        settle_changed_roles(connection, titles, is_large=is_large)
        connection.execute(statement("persons/fill_gaps"))
        found = connection.execute(statement("persons/staged_result"))
        return {ordinal: Saved(person_id, is_new) for ordinal, person_id, is_new in found}

    erased = find_erased(connection, (_mention(row) for row in staged))
    usable = []
    for position, row in enumerate(staged):
        if position in erased:
            result.failures.append(Failure(position, REASON, DETAIL))
        elif row is None:
            result.failures.append(Failure(position, "missing_name", "The person has no usable name"))
        elif row["company_id"] is None and row["linkedin_url"] is None and not row["email_is_identity"]:
            result.failures.append(Failure(position, "no_identity", _NO_IDENTITY))
        else:
            usable.append(position)
    save_isolating(connection, usable, save, result)
    return result


def _resolve(connection: Connection, source_system: str, *, is_large: bool) -> None:
    """Find or create everybody, in three waves by strength of identity: profile, personal e-mail, name at a company.

    What one wave has written (profiles, channels, roles) is what the next one is matched by, so that a batch ends as
    its rows would have one by one, and ends the same when it comes again.
    """
    source = {"source_system": source_system}
    waves = (
        (1, _match_profiles, "persons/insert_by_linkedin"),
        (2, _match_emails, "persons/insert_by_email"),
        (3, _match_names, "persons/insert_by_name"),
    )
    for wave, match, insert in waves:
        if is_large:
            correct_statistics(connection, *_JOINED)
        unmatched = _unmatched(connection, wave)
        while unmatched:
            match(connection)
            left = _unmatched(connection, wave)
            # Looking again helps as long as somebody was found; then the rest is new.
            if left == unmatched:
                connection.execute(statement(insert), source)
                left = _unmatched(connection, wave)
            unmatched = left
            connection.execute(statement("persons/write_channels"), {"wave": wave})
            connection.execute(statement("persons/write_roles"), source | {"wave": wave})
    if is_large:
        correct_statistics(connection, *_JOINED)
    connection.execute(statement("persons/record_doubtful"))


def _unmatched(connection: Connection, wave: int) -> int:
    count: int = connection.execute(statement("persons/unmatched"), {"wave": wave}).scalar_one()
    return count


def _match_profiles(connection: Connection) -> None:
    """By LinkedIn URL; who is not known by it may be known by e-mail or name, and then takes the URL."""
    connection.execute(statement("persons/match_by_linkedin"))
    for match_weaker in (_match_addresses, _match_names):
        if not _unmatched(connection, 1):
            return
        match_weaker(connection, 1)
        connection.execute(statement("persons/adopt_profile"))
        connection.execute(statement("persons/match_by_linkedin"))


def _match_emails(connection: Connection) -> None:
    _match_addresses(connection, 2)
    _match_names(connection, 2)


def _match_addresses(connection: Connection, wave: int) -> None:
    pairs = connection.execute(statement("persons/unjudged_names"), {"wave": wave}).all()
    if pairs:
        judged = [
            {
                "name_key": name,
                "other_key": other,
                "are_alike": are_like_names(name, other) or are_like_names(name, merged),
            }
            for name, other, merged in pairs
        ]
        connection.execute(statement("persons/judge_names"), {"rows": to_json(judged)})
    connection.execute(statement("persons/match_by_email"), {"wave": wave})


def _match_names(connection: Connection, wave: int = 3) -> None:
    connection.execute(statement("persons/match_by_name"), {"wave": wave})


def query_people_of_company(connection: Connection, domain: str) -> Sequence[RowMapping]:
    """People with a current role at the company of this (normalised) domain, one row each; the most telling role."""
    return connection.execute(statement("persons/people_of_company"), {"domain": domain}).mappings().all()
