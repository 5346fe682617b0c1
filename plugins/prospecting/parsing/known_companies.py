"""Companies that shipped open data knows: what they are, where they sit, and at which domains else they are found.

The data is in ``include/catalog`` (its README says where it comes from). It completes what somebody says of a company
and never speaks against it; a company is known by a domain together with a name that fits, never by its name alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from prospecting.parsing.name.companies import company_key
from prospecting.parsing.ownership import are_alike, fits_domain
from prospecting.parsing.urls import company_domain, normalize_linkedin_url
from prospecting.resources import resource_folder

_ABOUT_ITSELF = {"CNCF Members", "Special"}
"""Categories of the CNCF landscape that list companies. The others list projects, which are somebody's."""
_KIND_OF_MEMBER = {"Nonprofit": "non_profit", "Academic": "non_profit"}
_KIND_OF_SERVICE = {"government": "government", "universities": "non_profit"}
_LISTED_AMONG_OTHERS = {"fragdenstaat.de", "gradintel.com"}
"""Who asks authorities, and who serves universities."""
_NO_INDUSTRY = frozenset({"government", "other", "universities"})
_SERVICES = {"developer": "developer tools", "iot": "internet of things", "task": "task management", "vpn": "VPN"}

_ABROAD = {
    "Bermuda": "BM",
    "Canada": "CA",
    "Ireland": "IE",
    "Netherlands": "NL",
    "Switzerland": "CH",
    "United Kingdom": "GB",
}
"""Where companies of the S&P 500 sit outside of the United States."""
_FOOTNOTE = re.compile(r"\[\d+\]")


@dataclass(frozen=True, slots=True)
class KnownCompany:
    """A company of the open data; ``None`` is unknown. ``country`` is an ISO code, ``kind`` as in ``company_kinds``.

    An industry that ``industry_is_guess`` was derived from what the company's website offers.
    """

    name: str
    domain: str
    kind: str | None = None
    linkedin_url: str | None = None
    industry: str | None = None
    industry_is_guess: bool = False
    headquarters: str | None = None
    country: str | None = None
    is_listed: bool = False
    """In the S&P 500, of whose companies the name is certain."""


@dataclass(frozen=True, slots=True)
class _Known:
    by_domain: dict[str, KnownCompany]
    homes: dict[str, KnownCompany]
    """By a domain that is not the company's first."""
    listed: dict[str, KnownCompany]
    """Listed companies whose domain the data does not say, by the one that their name key spells."""
    names: frozenset[str]


def known_company(name: str, domain: str | None) -> KnownCompany | None:
    """The data about the company of this name at this domain; ``None`` when it is another one, or unknown."""
    if not domain:
        return None
    known = _known()
    if (found := known.by_domain.get(domain)) and (are_alike(name, found.name) or fits_domain(name, domain)):
        return found
    listed = known.listed.get(domain)
    return listed if listed and company_key(name) == domain.removesuffix(".com") else None


def home_of(name: str, domain: str) -> KnownCompany | None:
    """The company of this name that has ``domain`` besides its own: amazon.com for Amazon and amazon.de."""
    home = _known().homes.get(domain)
    return home if home and are_alike(name, home.name) else None


def parent_of(name: str, domain: str) -> KnownCompany | None:
    """The listed company that runs ``domain`` for a brand of another name: Broadcom for VMware and vmware.com."""
    home = _known().homes.get(domain)
    return home if home and home.is_listed and not are_alike(name, home.name) else None


def is_known_name(name: str) -> bool:
    """True when a company of this name exists, wherever it is found: Morgan Stanley is nobody's first and last name."""
    return company_key(name) in _known().names


def _rows(file: str) -> Iterator[dict[str, Any]]:
    for line in (resource_folder("catalog") / file).read_text(encoding="utf-8").splitlines():
        yield json.loads(line)


@lru_cache(maxsize=1)
def _known() -> _Known:
    by_domain: dict[str, KnownCompany] = {}
    homes: dict[str, KnownCompany | None] = {}
    services = list(_rows("companies_2fa_domains.jsonl"))
    for row in services:
        domain = company_domain(row["domain"])
        # A service on a part of a site says nothing about whose site it is.
        if domain and domain == row["domain"]:
            by_domain.setdefault(domain, _service(row, domain))
    websites = {
        company_key(row["name"]): company_domain(row.get("website")) for row in _rows("companies_fortune500_2020.jsonl")
    }
    firsts = {*by_domain, *websites.values()}
    for row in services:
        home = by_domain.get(company_domain(row["domain"]) or "")
        for other in row.get("additional_domains", ()):
            domain = company_domain(other)
            if home and domain and domain not in firsts:
                # A domain that two say is theirs leads to neither.
                homes[domain] = home if homes.setdefault(domain, home) == home else None
    for row in _rows("companies_cncf_landscape.jsonl"):
        domain = company_domain(row.get("homepage")) if row["category"] in _ABOUT_ITSELF else None
        if domain:
            name = row["name"].rpartition(" (")[0] or row["name"]
            member = by_domain.get(domain) or KnownCompany(name, domain)
            if are_alike(name, member.name):
                by_domain[domain] = replace(
                    member,
                    kind=member.kind or _KIND_OF_MEMBER.get(row["subcategory"]),
                    linkedin_url=member.linkedin_url or normalize_linkedin_url(row.get("linkedin")),
                )
    by_key: dict[str, list[KnownCompany]] = {}
    for company in by_domain.values():
        by_key.setdefault(company_key(company.name), []).append(company)
    names = {*by_key, *websites}
    listed = {}
    for row in _rows("companies_sp500.jsonl"):
        name = row["name"].rpartition(" (")[0] if row["name"].endswith(")") else row["name"]
        key = company_key(name)
        namesakes = by_key.get(key, [])
        domain = websites.get(key) or (namesakes[0].domain if len(namesakes) == 1 else None)
        found = _listed(row, by_domain.get(domain) if domain else None, name, domain or f"{key}.com")
        if domain:
            by_domain[domain] = found
        else:
            listed[f"{key}.com"] = found
        names.add(key)
    # What was learned about a company after its other domains were read.
    settled = {domain: by_domain[home.domain] for domain, home in homes.items() if home}
    return _Known(by_domain, settled, listed, frozenset(names))


def _service(row: dict[str, Any], domain: str) -> KnownCompany:
    """A company of the 2FA directory, which says what its website offers."""
    categories = row["categories"]
    offered = next((category for category in categories if category not in _NO_INDUSTRY), None)
    return KnownCompany(
        row["name"],
        domain,
        kind=_KIND_OF_SERVICE.get(categories[0])
        if len(categories) == 1 and domain not in _LISTED_AMONG_OTHERS
        else None,
        industry=_SERVICES.get(offered, offered) if offered else None,
        industry_is_guess=offered is not None,
    )


def _listed(row: dict[str, Any], known: KnownCompany | None, name: str, domain: str) -> KnownCompany:
    """A company of the S&P 500, whose industry (GICS) and seat are on record."""
    seat = _FOOTNOTE.sub("", row["hq"])
    is_somewhere = "," in seat
    return replace(
        known or KnownCompany(name, domain),
        kind="company",
        industry=row["industry"],
        industry_is_guess=False,
        headquarters=seat if is_somewhere else None,
        country=_ABROAD.get(seat.rpartition(", ")[2], "US") if is_somewhere else None,
        is_listed=True,
    )
