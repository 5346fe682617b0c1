"""Gives the people in an answer to the companies they are said to work at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from prospecting.parsing.employers import Stated, address_domain, is_employer, is_named, stated_employer
from prospecting.parsing.names import company_key
from prospecting.parsing.records import ContactRecord
from prospecting.parsing.urls import company_domain
from prospecting.persistence.employers import Employer, find_employer, find_employers


@dataclass(slots=True)
class Staff:
    """People by the id of their company, the one that was asked about first; and the others with (reason, sentence)."""

    by_company: dict[int, list[ContactRecord]]
    others: list[tuple[ContactRecord, str, str]] = field(default_factory=list)


def assign_people(connection: Connection, company_id: int, contacts: Sequence[ContactRecord]) -> Staff:
    """Everybody at the company that was asked about, except those who are said to work somewhere else.

    Those belong to that other company when exactly one stored company is meant. Else the reason is ``other_company``,
    and ``past_role`` for those said to have left. An address of another company alone says little: agencies and parent
    companies have people at their clients.
    """
    staff = Staff({company_id: []})
    stated = [stated_employer(contact) for contact in contacts]
    asked = find_employer(connection, company_id) if any(stated) else None
    foreign = [
        (contact, employer)
        for contact, employer in zip(contacts, stated, strict=True)
        if employer and asked and not _is_asked(contact, employer, asked)
    ]
    known = _known(connection, foreign)
    elsewhere = {id(contact): employer for contact, employer in foreign}
    for contact in contacts:
        employer = elsewhere.get(id(contact))
        found = company_id if employer is None else _find(contact, employer, known)
        if employer and found is None and not employer.is_certain:
            found = company_id
        if employer and employer.is_past:
            staff.others.append((contact, "past_role", "The company is given as one that the person has left"))
        elif found is None:
            staff.others.append((contact, "other_company", "The person is said to work at a company that is not known"))
        else:
            staff.by_company.setdefault(found, []).append(contact)
    return staff


def _is_asked(contact: ContactRecord, employer: Stated, asked: Employer) -> bool:
    if employer.is_past:
        return False
    return is_named(employer.name, asked.name_key) or is_employer(
        employer.name, contact.email, name=asked.name, domain=asked.domain
    )


def _known(connection: Connection, foreign: Iterable[tuple[ContactRecord, Stated]]) -> list[Employer]:
    keys, domains = set(), set()
    for contact, employer in foreign:
        keys.add(company_key(employer.name))
        domains |= {address_domain(contact.email), company_domain(employer.name)}
    return find_employers(connection, keys - {""}, {domain for domain in domains if domain})


def _find(contact: ContactRecord, employer: Stated, known: Iterable[Employer]) -> int | None:
    """The company meant; ``None`` when none is known, or when it could be several."""
    by_name = {company.id for company in known if is_named(employer.name, company.name_key)}
    if len(by_name) == 1:
        return by_name.pop()
    domains = {address_domain(contact.email), company_domain(employer.name)} - {None}
    by_domain = {
        company.id
        for company in known
        if company.domain in domains
        and is_employer(employer.name, None, name=company.name, domain=company.domain)
        and (not by_name or company.id in by_name)
    }
    return by_domain.pop() if len(by_domain) == 1 else None
