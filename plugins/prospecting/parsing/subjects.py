"""People as they are described in JSON and texts: what each of them is recognised by, and at which company.

Used to take a person out of what is stored, and to find out who is in what is about to be stored.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

from prospecting.parsing.emails import normalize_email
from prospecting.parsing.names import clean_person_name
from prospecting.parsing.urls import normalize_linkedin_url

MAX_DESCRIBED = 5_000
"""People in one value that are looked at."""

_NAMES = {"name", "fullname", "personname", "personfullname", "contactname", "displayname"}
_FIRST_NAMES, _LAST_NAMES = {"firstname", "givenname"}, {"lastname", "familyname"}
_COMPANIES = (
    "company", "companyname", "currentcompany", "currentcompanyname", "personcurrentcompanyname", "employer",
    "organization",
)  # fmt: skip
_WEBSITES = ("companydomain", "companywebsite", "domain", "website")
_OF_PEOPLE = {"title", "jobtitle", "role", "position", "seniority", "linkedinurl"} | _FIRST_NAMES | _LAST_NAMES
_OF_COMPANIES = {"domain", "website", "websiteurl", "companydomain", "industry", "employees", "headquarters"}
_ADDRESS = re.compile(r"[\w.+'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}")
_PROFILE = re.compile(
    r"(?:https?://)?(?:[a-z]{2,3}\.)?linkedin\.com/(?:mwlite/)?(?:in|pub)/[^\s\"'<>)\]},;\\]{2,200}", re.I
)

_OPENING = re.compile(r"[{\[]")
_DECODER = json.JSONDecoder()
_MAX_TRIES = 50
"""Brackets in a text at which JSON may begin."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Everything one person is recognised by.

    ``names`` as written, ``emails`` and ``profiles`` (LinkedIn) normalised, ``phones`` as digits.
    """

    names: frozenset[str] = frozenset()
    emails: frozenset[str] = frozenset()
    profiles: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.names or self.emails or self.profiles or self.phones)


@dataclass(frozen=True, slots=True)
class Described:
    """Somebody who is described, and the company they are described with, as written."""

    subject: Subject
    company: str | None = None
    website: str | None = None


@dataclass(frozen=True, slots=True)
class Fields:
    """The texts of one JSON object, by what their keys say."""

    texts: Mapping[str, str]

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> Fields:
        return cls(
            {
                re.sub(r"[^a-z]", "", str(key).lower()): text
                for key, text in value.items()
                if isinstance(text, str) and text
            }
        )

    @property
    def name(self) -> str | None:
        """The name of whoever or whatever it describes."""
        whole = self._first(_NAMES)
        if whole is not None:
            return whole
        first, last = self._first(_FIRST_NAMES), self._first(_LAST_NAMES)
        return f"{first} {last}" if first and last else None

    @property
    def profiles(self) -> frozenset[str]:
        """LinkedIn profiles of people, normalised."""
        return frozenset(found for text in self.texts.values() if (found := profile_in(text)))

    @property
    def emails(self) -> frozenset[str]:
        """Addresses, normalised."""
        return frozenset(found for text in self.texts.values() if (found := address_in(text)))

    @property
    def is_company(self) -> bool:
        """True when it has what companies have, and nothing that people have."""
        return not self.texts.keys().isdisjoint(_OF_COMPANIES) and self.texts.keys().isdisjoint(_OF_PEOPLE)

    @property
    def company(self) -> str | None:
        """The company it names."""
        return self._any(_COMPANIES)

    @property
    def website(self) -> str | None:
        """The domain or website of the company."""
        return self._any(_WEBSITES)

    def described(self) -> Described | None:
        """Whom it describes; ``None`` when that is no person."""
        profiles, emails, name = self.profiles, self.emails, self.name
        person = clean_person_name(name) if name and not self.is_company else None
        if not (person or profiles or emails):
            return None
        subject = Subject(frozenset({person.full} if person else ()), emails, profiles)
        return Described(subject, self.company, self.website)

    def _first(self, keys: set[str]) -> str | None:
        return next((text for key, text in self.texts.items() if key in keys), None)

    def _any(self, keys: tuple[str, ...]) -> str | None:
        return next((self.texts[key] for key in keys if key in self.texts), None)


def profile_in(text: str) -> str | None:
    """The LinkedIn profile of a person that a text is, normalised."""
    if len(text) > 500 or "linkedin." not in text.lower():
        return None
    found = normalize_linkedin_url(text)
    return found if found and "/in/" in found else None


def address_in(text: str) -> str | None:
    """The e-mail address that a text is, normalised."""
    return normalize_email(text) if "@" in text and len(text) <= 320 else None


def people_described(value: Any) -> Iterator[Described]:
    """Everybody in a JSON value: whom its objects describe, and whose profiles and addresses are in its texts."""
    waiting, found = [value], 0
    while waiting and found < MAX_DESCRIBED:
        each = waiting.pop()
        if isinstance(each, Mapping):
            described = Fields.of(each).described()
            if described is not None:
                found += 1
                yield described
            waiting.extend(each.values())
        elif isinstance(each, (list, tuple)):
            waiting.extend(each)
        elif isinstance(each, str) and len(each) > 4:
            for described in _in_text(each):
                found += 1
                yield described
            # What a model says is a text, which may be JSON again.
            waiting.extend(_values_in(each))


def people_in_answer(content: bytes) -> Iterator[Described]:
    """Everybody in an answer that may be JSON, with or without words around it."""
    text = content.decode("utf-8", "replace")
    for value in _values_in(text):
        yield from people_described(value)
    yield from _in_text(text)


def _values_in(text: str) -> Iterator[Any]:
    """The objects and lists in a text."""
    at = 0
    while (part := json_in(text, at)) is not None:
        yield part.value
        at = part.end


class JsonPart(NamedTuple):
    """An object or list in a text, and where it begins and ends."""

    start: int
    end: int
    value: Any


def json_in(text: str, start: int = 0) -> JsonPart | None:
    """The first object or list with something in it, if a text has one from ``start`` on; words may be around it."""
    for tried, found in enumerate(_OPENING.finditer(text, start)):
        if tried == _MAX_TRIES:
            break
        with suppress(ValueError, RecursionError):
            value, end = _DECODER.raw_decode(text, found.start())
            if value:
                return JsonPart(found.start(), end, value)
    return None


def _in_text(text: str) -> Iterator[Described]:
    if "@" in text:
        for address in sorted(set(_ADDRESS.findall(text))):
            if email := address_in(address):
                yield Described(Subject(emails=frozenset({email})))
    if "linkedin.com" in text.lower():
        for found in sorted({match[0] for match in _PROFILE.finditer(text)}):
            if profile := profile_in(found):
                yield Described(Subject(profiles=frozenset({profile})))
