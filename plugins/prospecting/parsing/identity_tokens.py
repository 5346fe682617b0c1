"""Tokens that show that two entities of a list are the same company or person, before anything is looked up.

A token is ``<entity type>:<kind>:<value>``, the value normalised as everywhere else: ``company:domain:acme.com``,
``person:linkedin:https://www.linkedin.com/in/jane-doe``. Tokens of people are personal data.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from prospecting.parsing.emails import is_role_mailbox, normalize_email
from prospecting.parsing.urls import company_domain, linkedin_kind, normalize_linkedin_url

COMPANY_FIELDS = (
    "domain", "company_domain", "target_company_domain", "website", "company_website", "canonical_domain",
    "linkedin_url", "company_linkedin_url",
)  # fmt: skip
PERSON_PROFILE_FIELDS = ("linkedin_url", "person_linkedin_url")
PERSON_EMAIL_FIELDS = ("email", "work_email", "person_email")


@dataclass(frozen=True, slots=True)
class Deduplicated:
    """``kept`` as (index, entity), ``duplicates`` as (index, token shared with an earlier entity); both in order."""

    kept: list[tuple[int, Mapping[str, Any]]] = field(default_factory=list)
    duplicates: list[tuple[int, str]] = field(default_factory=list)


def identity_tokens(entity_type: str, fields: Mapping[str, Any]) -> tuple[str, ...]:
    """The tokens of a ``company`` or a ``person``, sorted, each once; ``()`` for other types and without usable fields.

    Only what identifies counts: a page on a shared host is nobody's domain, a company's LinkedIn page is not a person's
    profile, and a shared mailbox (info@) is nobody's address. A LinkedIn page given as a website is read as one.
    """
    if not isinstance(fields, Mapping):
        return ()
    if entity_type == "company":
        found = _company_tokens(fields)
    elif entity_type == "person":
        found = _person_tokens(fields)
    else:
        return ()
    return tuple(sorted(found))


def _company_tokens(fields: Mapping[str, Any]) -> set[str]:
    found = set()
    for value in _texts(fields, COMPANY_FIELDS):
        if linkedin_kind(value) == "company":
            found.add(f"company:linkedin:{normalize_linkedin_url(value)}")
        elif domain := company_domain(value):
            found.add(f"company:domain:{domain}")
    return found


def _person_tokens(fields: Mapping[str, Any]) -> set[str]:
    found = set()
    for value in _texts(fields, PERSON_PROFILE_FIELDS):
        if linkedin_kind(value) == "person":
            found.add(f"person:linkedin:{normalize_linkedin_url(value)}")
    for value in _texts(fields, PERSON_EMAIL_FIELDS):
        address = normalize_email(value)
        if address and not is_role_mailbox(address):
            found.add(f"person:email:{address}")
    return found


def _texts(fields: Mapping[str, Any], names: tuple[str, ...]) -> list[str]:
    return [value for name in names if isinstance(value := fields.get(name), str) and value]


def drop_duplicates(entity_type: str, entities: Sequence[Mapping[str, Any]]) -> Deduplicated:
    """``entities`` without those that share a token with an earlier one; the earliest is kept.

    A dropped entity's other tokens count as known from there on, so that a chain of partial overlaps leaves one. An
    entity without any token is always kept: nothing shows that it is a duplicate.
    """
    known: set[str] = set()
    result = Deduplicated()
    for index, entity in enumerate(entities):
        tokens = identity_tokens(entity_type, entity)
        shared = next((token for token in tokens if token in known), None)
        known.update(tokens)
        if shared is None:
            result.kept.append((index, entity))
        else:
            result.duplicates.append((index, shared))
    return result
