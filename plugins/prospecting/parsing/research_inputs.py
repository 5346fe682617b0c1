"""The inputs of deep research, read from what is known about an entity, and the question that is asked with them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from prospecting.parsing.briefings import KEYS, KINDS, Kind, read_fields
from prospecting.parsing.records import Rejected

Aliases = Mapping[str, tuple[str, ...]]

# What the database takes off a text before it compares it: text_key().
_BLANKS = " \t\n\r\f\v\u00a0"


def _spelled(*names: str) -> tuple[str, ...]:
    """``names`` in order, then the same in camel case."""
    camel = (re.sub(r"_([a-z])", lambda match: match[1].upper(), name) for name in names)
    return tuple(dict.fromkeys((*names, *camel)))


@dataclass(frozen=True, slots=True)
class InputNames:
    """The names of the inputs of a kind, each with the keys of what is known that it is read from, in order."""

    required: Aliases
    optional: Aliases


_CLIENT: Aliases = {
    "client_company_name": _spelled("client_company_name"),
    "client_company_description": _spelled("client_company_description"),
}

INPUTS: Mapping[Kind, InputNames] = {
    "icp_job_titles": InputNames(
        required={
            "company_name": _spelled("company_name", "target_company_name"),
            "domain": _spelled("domain", "company_domain", "target_company_domain", "company_website", "website"),
        },
        optional={
            "company_description": _spelled("company_description", "description", "target_company_description"),
        },
    ),
    "company": InputNames(
        required={
            **_CLIENT,
            "target_company_name": _spelled("target_company_name", "company_name"),
            "target_company_domain": _spelled(
                "target_company_domain", "domain", "company_domain", "company_website", "website"
            ),
        },
        optional={
            "target_company_description": _spelled("target_company_description", "company_description", "description"),
            "target_company_industry": _spelled("target_company_industry", "industry", "company_industry"),
            "target_company_size": _spelled("target_company_size", "company_size", "size", "employee_range"),
            "target_company_funding": _spelled("target_company_funding", "company_funding", "funding"),
        },
    ),
    "person": InputNames(
        required={
            **_CLIENT,
            "person_full_name": _spelled("person_full_name", "full_name"),
            "person_current_company_name": _spelled(
                "person_current_company_name", "current_company_name", "company_name"
            ),
        },
        optional={
            "person_linkedin_url": _spelled("person_linkedin_url", "linkedin_url"),
            "person_current_job_title": _spelled("person_current_job_title", "current_job_title", "title", "job_title"),
            "person_current_company_description": _spelled(
                "person_current_company_description", "current_company_description", "company_description"
            ),
            "customer_company_name": _spelled("customer_company_name"),
        },
    ),
}


@dataclass(frozen=True, slots=True)
class Inputs:
    """The inputs of an operation: ``values`` by name, stripped and never blank; ``missing``: required ones without."""

    values: dict[str, str] = field(repr=False)
    missing: list[str]


def read_inputs(kind: Kind, context: Mapping[str, Any]) -> Inputs:
    """The inputs of a kind, from what is known about an entity; blanks and anything but text count as absent."""
    names = INPUTS[kind]
    found = {
        name: value
        for name, keys in (*names.required.items(), *names.optional.items())
        if (value := _first_text(context, keys)) is not None
    }
    return Inputs(found, [name for name in names.required if name not in found])


def _first_text(context: Mapping[str, Any], keys: tuple[str, ...]) -> str | None:
    texts = (value.strip() for key in keys if isinstance(value := context.get(key), str))
    return next((text for text in texts if text), None)


@dataclass(frozen=True, slots=True)
class Question:
    """Whom deep research is about, and for which client: what has an answer of its own in the table of the kind.

    ``key`` holds the columns of ``KEYS[kind]`` as the table compares them. ``profile`` is a person's LinkedIn profile:
    it tells namesakes at one company apart.
    """

    kind: Kind
    key: tuple[str | None, ...] = field(repr=False)
    profile: str | None = field(default=None, repr=False)

    def as_json(self) -> dict[str, Any]:
        """As a value that is the same for all ways to ask this."""
        return {"key": list(self.key), "profile": self.profile}


def read_question(kind: Kind, values: Mapping[str, Any]) -> Question | Rejected:
    """The question that inputs of a kind ask, however the company, person and client are spelled in them.

    Rejected when an answer could not be stored, as in ``read_fields``.
    """
    fields = read_fields(kind, values)
    if isinstance(fields, Rejected):
        return fields
    found = fields.values
    return Question(kind, tuple(text_key(found[name]) for name in KEYS[kind]), found.get("person_linkedin_url"))


def client_key(operation_id: str, context: Mapping[str, Any]) -> str | None:
    """The client that an operation's answer is for, as ``text_key`` has it; ``None`` when it does not depend on one."""
    kind = KINDS.get(operation_id)
    if kind is None or "client_company_name" not in KEYS[kind]:
        return None
    return text_key(_first_text(context, _CLIENT["client_company_name"]))


def text_key(text: str | None) -> str | None:
    """A text as tables of briefings compare it: without case, outer blanks and variants of one letter."""
    return unicodedata.normalize("NFKC", (text or "").strip(_BLANKS)).lower() or None
