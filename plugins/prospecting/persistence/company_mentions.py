"""Mentions of companies, read for finding them: the keys that each is found by, and what it may fill in.

Nothing here asks the database.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from prospecting.parsing.company_kinds import COMPANY, classify_company
from prospecting.parsing.known_companies import KnownCompany, home_of, known_company, parent_of
from prospecting.parsing.names import clean_company_name, company_key
from prospecting.parsing.ownership import (
    RECRUITING,
    campaign_key,
    campaign_stem,
    is_surely_campaign,
    may_be_one_company,
    read_website,
)
from prospecting.parsing.records import SponsorRecord
from prospecting.parsing.urls import linkedin_kind, normalize_linkedin_url

_OF_WEBSITE = frozenset({"domain", "website_url", "parent_domain", "kind"})


@dataclass(frozen=True, slots=True)
class CompanyRow:
    """A company as somebody names it. ``website_url`` may be any spelling; the domain is derived from it.

    ``event_website`` is the address of the event that it was named with: what is found there is the event's. An
    industry that is a guess gives way to any that somebody names.
    """

    name: str
    website_url: str | None = None
    linkedin_url: str | None = None
    primary_industry: str | None = None
    employee_range: str | None = None
    description: str | None = None
    event_website: str | None = None
    industry_is_guess: bool = False
    headquarters_location: str | None = None
    country: str | None = None

    @classmethod
    def from_sponsor(
        cls, sponsor: SponsorRecord, fallback_industry: str | None = None, event_website: str | None = None
    ) -> CompanyRow:
        return cls(
            name=sponsor.name,
            website_url=sponsor.website,
            linkedin_url=sponsor.linkedin_url,
            primary_industry=sponsor.industry or fallback_industry,
            industry_is_guess=sponsor.industry is None and fallback_industry is not None,
            employee_range=sponsor.employee_range,
            description=sponsor.description,
            headquarters_location=sponsor.headquarters,
            event_website=event_website,
        )


@dataclass(slots=True)
class Mention:
    """A row on its way into the database: what its company is found by, and what it says about it."""

    ordinal: int
    name_key: str
    domain: str | None
    stem: str | None
    """The name that a campaign domain is made from."""
    stem_key: str | None
    """The name key without a word for recruiting, where there may be one."""
    said: dict[str, Any]
    """Columns of ``companies``; what nobody said is missing."""
    shared_domain: str | None = None

    @property
    def name(self) -> str:
        name: str = self.said["name"]
        return name

    def keys(self) -> dict[str, Any]:
        """The keys that its company is found by, as they are staged."""
        keys = {"ordinal": self.ordinal, "name_key": self.name_key}
        if self.domain:
            keys["domain"] = self.domain
        if self.stem:
            keys["stem"] = self.stem
        if self.stem_key:
            keys["stem_key"] = self.stem_key
        if self.shared_domain:
            keys["shared_domain"] = self.shared_domain
        return keys

    def share_domain(self) -> None:
        """Give up the domain, and what it says about the website."""
        self.shared_domain, self.domain, self.stem = self.domain, None, None
        self.said = self.said_without_website()

    def said_without_website(self) -> dict[str, Any]:
        """The columns that it fills when the website is another's: nothing that follows from that either."""
        said = {column: value for column, value in self.said.items() if column not in _OF_WEBSITE}
        _say_kind(said, classify_company(self.name))
        return said


def read_mention(ordinal: int, row: CompanyRow) -> Mention | None:
    """The mention that a row is; ``None`` when it has no usable name."""
    name = clean_company_name(row.name)
    key = company_key(name) if name else ""
    if not name or not key:
        return None
    said: dict[str, Any] = {"name": name, "name_key": key}
    domain = stem = None
    linkedin = normalize_linkedin_url(row.linkedin_url) if row.linkedin_url else None
    if row.website_url:
        website, domain = read_website(row.website_url, name, row.event_website)
        if website:
            said["website_url"] = website
        if domain:
            said["domain"] = domain
            stem = campaign_stem(domain) if is_surely_campaign(domain, name) else _stem_of_home(name, domain)
            if parent := parent_of(name, domain):
                said["parent_domain"] = parent.domain
    if linkedin and linkedin_kind(linkedin) == "company":
        said["linkedin_url"] = linkedin
    if row.primary_industry and not row.primary_industry.isspace():
        said["primary_industry"] = row.primary_industry
        said["industry_is_guess"] = row.industry_is_guess
    for column in ("employee_range", "description", "headquarters_location", "country"):
        value = getattr(row, column)
        if value and not value.isspace():
            said[column] = value
    _say_kind(said, classify_company(name, domain, linkedin))
    if known := known_company(name, domain):
        _complete(said, known)
    may_be_recruiting = stem or (domain is None and key.endswith(RECRUITING))
    return Mention(ordinal, key, domain, stem, campaign_key(name) if may_be_recruiting else None, said)


def _say_kind(said: dict[str, Any], kind: str | None) -> None:
    """Say what it is, unless it is a company like most: that a spelling has a legal form is no news."""
    if kind not in (None, COMPANY):
        said["kind"] = kind


def _stem_of_home(name: str, domain: str) -> str | None:
    """The name that the company's own domain spells, when ``domain`` is known to be another of its domains."""
    home = home_of(name, domain)
    return home.domain.partition(".")[0].replace("-", "") if home else None


def _complete(said: dict[str, Any], known: KnownCompany) -> None:
    """Add what open data knows; what was said stays, and a guess gives way to what is known."""
    if known.industry and (
        "primary_industry" not in said or (said["industry_is_guess"] and not known.industry_is_guess)
    ):
        said["primary_industry"], said["industry_is_guess"] = known.industry, known.industry_is_guess
    for column, value in (
        ("linkedin_url", known.linkedin_url),
        ("headquarters_location", known.headquarters),
        ("country", known.country),
    ):
        if value is not None:
            said.setdefault(column, value)


def give_up_disputed(mentions: Iterable[Mention]) -> set[str]:
    """Take the domains that come with unlike names, of which at most one can be right, from all of them.

    Returns these domains.
    """
    names: dict[str, str] = {}
    by_domain: dict[str, list[Mention]] = {
        mention.domain: []
        for mention in mentions
        if mention.domain and names.setdefault(mention.domain, mention.name_key) != mention.name_key
    }
    if by_domain:
        for mention in mentions:
            if mention.domain in by_domain:
                by_domain[mention.domain].append(mention)
    disputed = set()
    for domain, claimants in by_domain.items():
        if not may_be_one_company(list(dict.fromkeys(mention.name for mention in claimants)), domain):
            disputed.add(domain)
            for mention in claimants:
                mention.share_domain()
    return disputed


def identity_keys(mentions: Iterable[Mention]) -> set[str]:
    """The keys to lock before their companies are looked up or made, in the namespace ``company``."""
    keys: set[str] = set()
    for mention in mentions:
        keys.add(f"n:{mention.name_key}")
        if mention.stem_key:
            keys.add(f"n:{mention.stem_key}")
        if domain := mention.domain or mention.shared_domain:
            # Who comes with a campaign domain and who comes with what its stem spells meet on the stem.
            keys |= {f"d:{domain}", f"s:{mention.stem or domain.partition('.')[0].replace('-', '')}"}
    return keys
