"""Where somebody is said to work: the company named with a person, and whether it is the one that was asked about."""

from __future__ import annotations

import re
from dataclasses import dataclass

from prospecting.parsing.hosts import is_mail_host
from prospecting.parsing.locations import is_known_place
from prospecting.parsing.name.folding import fold, vocabulary, words
from prospecting.parsing.names import clean_company_name, company_key
from prospecting.parsing.ownership import are_alike, fits_domain
from prospecting.parsing.records import ContactRecord
from prospecting.parsing.title.ranks import FUNCTION_WORDS
from prospecting.parsing.urls import company_domain

_MAX_LENGTH = 300
# "CTO at Globex", "Geschäftsführerin bei Globex"; "CEO of Globex" as well as "VP of Sales".
_AT = re.compile(r"(?:\s(?:at|bei|chez|bij|presso)\s+|\s@\s*|@\s+)(?:the\s+)?(?=[^\W_a-z])([^,;|()\[\]•·–—]{2,80})")
_OF = re.compile(
    r"\b(?i:c[a-z]o|president|founder|owner|chair(?:man|woman|person)?|officer|managing director)"
    r"\s+of\s+(?:the\s+)?(?=[^\W_a-z])([^,;|()\[\]•·–—]{2,80})"
)
_NO_COMPANY = vocabulary("large heart home hq headquarters scale work")
_PAST = re.compile(
    r"\s*\(?(?:ex-|formerly\b|previously\b|ehemals\b)"
    r"|[^()]{0,200}\((?:former|formerly|previous|previously|past|ex|until \d{4})\W{0,2}\)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Stated:
    """The company somebody is said to work at.

    ``is_certain``: it is named as such, or its name cannot be anything else. ``is_past``: they are said to have left.
    """

    name: str
    is_certain: bool = True
    is_past: bool = False


def stated_employer(contact: ContactRecord) -> Stated | None:
    """The company that a contact, or its title, names; ``None`` when none is named."""
    if contact.company and clean_company_name(contact.company):
        return Stated(contact.company, is_past=_PAST.match(contact.company) is not None)
    title = (contact.title or "")[:_MAX_LENGTH]
    for pattern, is_certain in ((_AT, True), (_OF, False)):
        if found := pattern.search(title):
            name = found[1].strip(" .")
            is_company = is_certain or not FUNCTION_WORDS.keys() >= set(words(name))  # "President of Sales"
            if name and is_company and fold(name) not in _NO_COMPANY and not is_known_place(name):
                return Stated(name, is_certain)
    return None


def address_domain(email: str | None) -> str | None:
    """The company's domain in a (normalised) address; ``None`` for a host where anybody can have a mailbox."""
    host = email.rpartition("@")[2][:_MAX_LENGTH] if email else ""
    domain = company_domain(host) if host else None
    return None if domain is None or is_mail_host(domain) else domain


def is_employer(stated: str, email: str | None, *, name: str, domain: str | None) -> bool:
    """True when a company named with a person may be the one called ``name``, which has this ``domain``.

    It is when one name contains the other or they begin with the same word ("Acme (Robotics division)", "Acme Ventures"
    and "Acme Robotics Inc."), when the name fits the domain, and when the person has an address there, whatever the
    company is called. "Boreal Robotics" is another company.
    """
    stated = stated[:_MAX_LENGTH]
    if domain and (address_domain(email) == domain or company_domain(stated) == domain or fits_domain(stated, domain)):
        return True
    return are_alike(stated, name) and not _differ_in_front(stated, name)


def _differ_in_front(one: str, other: str) -> bool:
    """True for names that have words in common behind others only: those tell what a company does, not who it is."""
    first, second = ([word for word in words(name) if word != "the"] for name in (one, other))
    common = set(first) & set(second)
    if not common or set(first) <= common or set(second) <= common:
        return False
    return first[0] not in common and second[0] not in common


def is_named(stated: str, name_key: str) -> bool:
    """True when a company named with a person has exactly this name, but for case, accents and legal form."""
    return company_key(stated) == name_key
