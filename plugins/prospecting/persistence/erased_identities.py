"""People who asked to be forgotten, known by keyed hashes alone: they are not stored again, whatever brings them.

Somebody is recognised as upserts recognise people: by LinkedIn profile, by personal e-mail, by name at a company. A
mention that has a name only, or a profile where none was known, is taken for the person of that name at that company;
one with another profile is a namesake.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from prospecting.parsing.emails import is_role_mailbox, normalize_email
from prospecting.parsing.names import company_key, person_key
from prospecting.parsing.redaction import Redactor
from prospecting.parsing.subjects import Described, Subject, people_described, people_in_answer
from prospecting.parsing.urls import company_domain, normalize_linkedin_url
from prospecting.persistence.batches import without_nones
from prospecting.persistence.database import to_json
from prospecting.persistence.statements import statement

REASON = "erased"
DETAIL = "A person who asked to be forgotten: not stored"
"""Why somebody was left out, without saying who."""


@dataclass(frozen=True, slots=True)
class Mention:
    """Somebody as they come in: a profile, an e-mail and a name key as they are stored, at a company."""

    linkedin_url: str | None = None
    email: str | None = None
    name_key: str | None = None
    company_id: int | None = None

    @classmethod
    def of(
        cls,
        full_name: str | None = None,
        *,
        linkedin_url: str | None = None,
        email: str | None = None,
        company_id: int | None = None,
    ) -> Mention:
        """A mention as it was written; what identifies nobody (a company's page, info@) is left out."""
        profile = normalize_linkedin_url(linkedin_url) if linkedin_url else None
        address = normalize_email(email) if email else None
        return cls(
            profile if profile and "/in/" in profile else None,
            address if address and not is_role_mailbox(address) else None,
            person_key(full_name) or None,
            company_id,
        )


@dataclass(frozen=True, slots=True)
class Identity:
    """Something that a person would be recognised by. ``profile_known``: of a name at a company, see above."""

    kind: str
    value: str
    profile_known: bool = False


def has_erased(connection: Connection) -> bool:
    """True when anybody was forgotten; as long as nobody was, there is nothing to look for."""
    found: bool = connection.execute(statement("erasure/any_erased")).scalar_one()
    return found


def find_erased(connection: Connection, mentions: Iterable[Mention]) -> set[int]:
    """The positions of those who were forgotten. Call it under the key locks of persons to be sure of it."""
    if not has_erased(connection):
        return set()
    rows = [
        {
            "ordinal": position,
            "linkedin_url": mention.linkedin_url,
            "email": mention.email,
            "name_key": mention.name_key if mention.company_id is not None else None,
            "company_id": mention.company_id,
        }
        for position, mention in enumerate(mentions)
    ]
    found = connection.execute(statement("erasure/find_erased"), {"mentions": to_json(without_nones(rows))})
    return set(found.scalars())


def record_identities(connection: Connection, erasure_id: UUID, identities: Iterable[Identity]) -> int:
    """Remember by what a person would be recognised. Returns how many are new."""
    rows = [{"kind": one.kind, "value": one.value, "profile_known": one.profile_known} for one in identities]
    if not rows:
        return 0
    values = {"erasure_id": erasure_id, "identities": to_json(rows)}
    return connection.execute(statement("erasure/record_identities"), values).rowcount


# ----------------------------------------------------------------------------------------- what is about to be stored
def erased_among(
    connection: Connection, people: Sequence[Described], *, company_ids: Collection[int] = ()
) -> list[Described]:
    """Those of ``people`` who were forgotten: at the companies they are described with, and at ``company_ids``."""
    if not people or not has_erased(connection):
        return []
    mentions = list(_mentions(connection, people, company_ids))
    erased = find_erased(connection, (mention for _, mention in mentions))
    return [people[position] for position in sorted({mentions[at][0] for at in erased})]


def screen(connection: Connection, value: Any, *, company_ids: Collection[int] = ()) -> Any:
    """A JSON value, or the bytes of an answer, without people who were forgotten; as it is when there are none.

    They are found by the profiles and addresses in it, and by the names of people it describes: at the companies it
    gives with them, and at ``company_ids``.
    """
    if not has_erased(connection):
        return value
    people = list(people_in_answer(value) if isinstance(value, bytes) else people_described(value))
    for described in erased_among(connection, people, company_ids=company_ids):
        redactor = Redactor(described.subject)
        value = redactor.answer(value) if isinstance(value, bytes) else redactor.value(value)
    return value


def companies_of(connection: Connection, name: str | None, website: str | None) -> set[int]:
    """The stored companies of this name or website; none to ask about as long as nobody was forgotten."""
    if not has_erased(connection):
        return set()
    return _companies(connection, [(name, website)])[0]


def redact_answers(connection: Connection, call_ids: Sequence[int], people: Iterable[Subject]) -> None:
    """Take people out of the answers of calls in the ledger, and of those they were copied from."""
    redactors = [Redactor(subject) for subject in people]
    if not redactors or not call_ids:
        return
    for call_id, response in connection.execute(
        statement("erasure/answers_of_calls"), {"call_ids": list(call_ids)}
    ).all():
        without = bytes(response)
        for redactor in redactors:
            without = redactor.answer(without)
        if without != response:
            connection.execute(statement("erasure/replace_answer"), {"call_id": call_id, "response": without})


def _mentions(
    connection: Connection, people: Sequence[Described], company_ids: Collection[int]
) -> Iterator[tuple[int, Mention]]:
    """Every way in which one of them may be known, with their position."""
    companies = _companies(connection, [(one.company, one.website) for one in people])
    for position, (described, stated) in enumerate(zip(people, companies, strict=True)):
        subject = described.subject
        at: set[int | None] = {*company_ids, *stated} if subject.names else set()
        ways = product(subject.names or [None], subject.profiles or [None], subject.emails or [None])
        for name, profile, email in ways:
            mention = Mention.of(name, linkedin_url=profile, email=email)
            yield from ((position, replace(mention, company_id=company_id)) for company_id in at or [None])


def _companies(connection: Connection, stated: Sequence[tuple[str | None, str | None]]) -> list[set[int]]:
    """The stored companies of each name and website."""
    wanted = [(company_key(name or ""), company_domain(website)) for name, website in stated]
    values = {
        "name_keys": sorted({key for key, _ in wanted if key}),
        "domains": sorted({domain for _, domain in wanted if domain}),
    }
    rows = connection.execute(statement("erasure/companies_named"), values).all() if any(values.values()) else []
    return [
        {row.id for row in rows if (key and row.name_key == key) or (domain and row.domain == domain)}
        for key, domain in wanted
    ]
