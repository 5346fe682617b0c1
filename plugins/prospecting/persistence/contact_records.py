"""Contacts as people and programs hand them over to be written."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, Field, model_validator

from prospecting.parsing.emails import normalize_email
from prospecting.parsing.names import PersonName, clean_person_name
from prospecting.parsing.urls import linkedin_kind, normalize_linkedin_url, normalize_website
from prospecting.persistence.account_fields import Given, Name, OptionalText, Texts
from prospecting.persistence.checked_fields import JsonObject, PastTime, RowId, not_given
from prospecting.persistence.contact_queries import ContactStatus, SeniorityLevel

_FEWEST_DIGITS = 5


def _address(value: str | None) -> str | None:
    email = normalize_email(value)
    if value is not None and email is None:
        raise ValueError("it is no e-mail address of a person; give one like name@domain, or none")
    return email


def _profile(value: str | None) -> str | None:
    url = normalize_linkedin_url(value)
    if value is not None and linkedin_kind(url) != "person":
        raise ValueError("it is no LinkedIn profile of a person; give one like linkedin.com/in/name, or none")
    return url


def _website(value: str | None) -> str | None:
    url = normalize_website(value)
    if value is not None and url is None:
        raise ValueError("it is no address of a website")
    return url


def phone_key(phone: str) -> str:
    """The digits of a phone number, which tell whether two spellings are one."""
    return re.sub(r"\D", "", phone)


def _phone(value: str | None) -> str | None:
    if value is not None and len(phone_key(value)) < _FEWEST_DIGITS:
        raise ValueError(f"it is no phone number: it has fewer than {_FEWEST_DIGITS} digits")
    return value


def _preferences(value: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(value.get("do_not_contact", False), bool):
        raise ValueError("do_not_contact is neither true nor false")
    return value


Email = Annotated[OptionalText, AfterValidator(_address)]
Phone = Annotated[OptionalText, AfterValidator(_phone)]
Profile = Annotated[OptionalText, AfterValidator(_profile)]
Website = Annotated[OptionalText, AfterValidator(_website)]
Preferences = Annotated[JsonObject, AfterValidator(_preferences)]


class _Fields(Given):
    """Fields that may be empty, of the contact and of the person."""

    company_id: RowId | None = None
    first_name: OptionalText = None
    last_name: OptionalText = None
    full_name: OptionalText = None
    email: Email = None
    phone: Phone = None
    title: OptionalText = None
    role: OptionalText = None
    department: OptionalText = None
    seniority_level: SeniorityLevel | None = None
    linkedin_url: Profile = None
    twitter_url: Website = None
    personal_website: Website = None
    last_researched_at: PastTime | None = None


class NewContact(_Fields):
    """A contact to find or create. The person is named by ``full_name``, or by ``first_name`` and ``last_name``.

    ``seniority_level`` and ``is_decision_maker`` follow from the title, unless they are given.
    """

    interests: Texts = Field(default_factory=list)
    communication_preferences: Preferences = Field(default_factory=dict)
    research_data: JsonObject = Field(default_factory=dict)
    status: ContactStatus = "active"
    is_primary_contact: bool = False
    is_decision_maker: bool | None = None
    is_champion: bool = False
    source_system: Name = "manual"

    @property
    def name(self) -> PersonName:
        """The person's name."""
        return person_name(self.full_name, self.first_name, self.last_name)

    @model_validator(mode="after")
    def _has_name(self) -> NewContact:
        _ = self.name
        return self


class ContactUpdate(_Fields):
    """New values of a contact; fields that are not given stay. ``None`` clears a field that may be empty."""

    interests: Texts = not_given()
    communication_preferences: Preferences = not_given()
    research_data: JsonObject = not_given()
    status: ContactStatus = not_given()
    is_primary_contact: bool = not_given()
    is_decision_maker: bool = not_given()
    is_champion: bool = not_given()


def person_name(full: str | None, first: str | None, last: str | None) -> PersonName:
    """A name from its parts, or as a whole, without titles and degrees. Where the last name begins is as given.

    Raises ``ValueError`` for what is no name of a person.
    """
    name = clean_person_name(full or " ".join(part for part in (first, last) if part))
    if name is None:
        raise ValueError("The name is missing, or is no name of a person; give first_name and last_name, or full_name")
    if first and last and name.full.casefold().endswith(f" {last.casefold()}"):
        at = len(name.full) - len(last)
        return PersonName(name.full, name.full[:at].strip(), name.full[at:])
    return name
