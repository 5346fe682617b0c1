"""Companies: one row per real company, whichever system found it.

Identity is the domain when known, else the name key. A domainless company adopts a domain later, two domains never
merge silently: a doubtful pair is recorded in ``merge_candidates`` with its evidence. A domain identifies a company
only if it is its own. Of unlike names seen with one domain, none can claim it: those are companies of their own, and
the pair is on record. A domain of a campaign leads to the company, which takes its own domain when that comes up.

What is known is found in the database, by a list of keys that is the transaction's own. Who is new, and what is news,
is decided here, so that only that is sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, CursorResult

from prospecting.parsing.names import clean_company_name, company_key
from prospecting.parsing.ownership import (
    RECRUITING,
    are_alike,
    belongs_with,
    campaign_key,
    campaign_stem,
    is_surely_campaign,
    may_be_one_company,
    read_website,
)
from prospecting.parsing.records import SponsorRecord
from prospecting.parsing.urls import linkedin_kind, normalize_linkedin_url
from prospecting.persistence.batches import (
    LARGE,
    Failure,
    Saved,
    Upserted,
    correct_statistics,
    save_isolating,
)
from prospecting.persistence.database import lock_all_keys, lock_keys, to_json
from prospecting.persistence.statements import statement

_GAPS = ("name", "website_url", "linkedin_url", "primary_industry", "employee_range", "description")


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
            event_website=event_website,
        )


@dataclass(slots=True)
class _Mention:
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
        del self.said["domain"], self.said["website_url"]


def _mention(ordinal: int, row: CompanyRow) -> _Mention | None:
    name = clean_company_name(row.name)
    key = company_key(name) if name else ""
    if not name or not key:
        return None
    said: dict[str, Any] = {"name": name, "name_key": key}
    domain = stem = None
    if row.website_url:
        website, domain = read_website(row.website_url, name, row.event_website)
        if website:
            said["website_url"] = website
        if domain:
            said["domain"] = domain
            stem = campaign_stem(domain) if is_surely_campaign(domain, name) else None
    if row.linkedin_url:
        linkedin = normalize_linkedin_url(row.linkedin_url)
        if linkedin and linkedin_kind(linkedin) == "company":
            said["linkedin_url"] = linkedin
    if row.primary_industry and not row.primary_industry.isspace():
        said["primary_industry"] = row.primary_industry
        said["industry_is_guess"] = row.industry_is_guess
    if row.employee_range and not row.employee_range.isspace():
        said["employee_range"] = row.employee_range
    if row.description and not row.description.isspace():
        said["description"] = row.description
    may_be_recruiting = stem or (domain is None and key.endswith(RECRUITING))
    return _Mention(ordinal, key, domain, stem, campaign_key(name) if may_be_recruiting else None, said)


def _give_up_disputed(mentions: Iterable[_Mention]) -> set[str]:
    """Take the domains that come with unlike names, of which at most one can be right, from all of them.

    Returns these domains.
    """
    names: dict[str, str] = {}
    by_domain: dict[str, list[_Mention]] = {
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


def upsert_companies(connection: Connection, rows: Sequence[CompanyRow], *, source_system: str) -> Upserted:
    """Find or create every company in ``rows``; fill what was unknown, never erase, never swap what is known.

    ``rows`` are one answer: a domain that comes with two unlike names in it is neither's. Safe for any number of
    writers at once. One bad record costs only itself (``Upserted.failures``). At most one call per transaction, before
    any call for persons (lock order).
    """
    result = Upserted(saved=[None] * len(rows))
    mentions: dict[int, _Mention] = {}
    for ordinal, row in enumerate(rows):
        if mention := _mention(ordinal, row):
            mentions[ordinal] = mention
        else:
            result.failures.append(Failure(ordinal, "missing_name", "The company has no usable name"))
    disputed = _give_up_disputed(mentions.values())
    if len(mentions) > LARGE:
        # So many have keys in nearly every bucket anyway.
        lock_all_keys(connection, "company")
    else:
        lock_keys(connection, "company", _keys(mentions.values()))
    connection.execute(statement("companies/stage_table"))

    def save(ordinals: Sequence[int]) -> dict[int, Saved]:
        batch = _Batch(connection, source_system, {ordinal: mentions[ordinal] for ordinal in ordinals})
        return batch.save(disputed)

    save_isolating(connection, list(mentions), save, result)
    return result


def _keys(mentions: Iterable[_Mention]) -> set[str]:
    keys: set[str] = set()
    for mention in mentions:
        keys.add(f"n:{mention.name_key}")
        if mention.stem_key:
            keys.add(f"n:{mention.stem_key}")
        if domain := mention.domain or mention.shared_domain:
            # Who comes with a campaign domain and who comes with what its stem spells meet on the stem.
            keys |= {f"d:{domain}", f"s:{mention.stem or domain.partition('.')[0].replace('-', '')}"}
    return keys


@lru_cache(maxsize=64)
def _columns_of(gaps: int) -> frozenset[str]:
    """The columns that the bits of the statement ``companies/gaps`` stand for."""
    return frozenset(column for bit, column in enumerate(_GAPS) if gaps >> bit & 1)


class _Batch:
    """Mentions, by their ordinals, on their way into the database: which companies they mean, and which are new."""

    def __init__(self, connection: Connection, source_system: str, mentions: dict[int, _Mention]) -> None:
        self._connection = connection
        self._source_system = source_system
        self._mentions = mentions
        self._is_large = len(mentions) > LARGE
        self._found: dict[int, int] = {}
        self._new: dict[int, _Mention] = {}
        """New companies, and the mentions that they are made from."""
        self._new_names: dict[str, int] = {}
        self._known_names: dict[str, int] = {}
        self._merged_names: dict[str, int] = {}
        self._doubtful_names: set[str] = set()
        """Names that several companies may have, as far as new ones are concerned."""
        self._campaign_names: set[str] = set()
        self._renamed: list[int] = []
        self._on_others_domain: set[int] = set()
        """Mentions whose website is not that of their company: that of its campaign, or another company's."""

    def save(self, disputed: set[str]) -> dict[int, Saved]:
        self._stage()
        # By domain first: a mention without a website may then find the company that has just got one.
        is_shared = self._match_by_domain() or bool(disputed)
        self._give_domains()
        self._found = self._ids_of("companies/matched")
        for name_key, company_id, is_merged in self._run("companies/known_names").all():
            (self._merged_names if is_merged else self._known_names)[name_key] = company_id
        self._doubtful_names = set(self._known_names)
        self._campaign_names = set(self._run("companies/campaign_names").scalars().all())
        self._create_with_domain(
            mention
            for ordinal, mention in self._mentions.items()
            if mention.domain
            and not mention.stem
            and ordinal not in self._found
            and ordinal not in self._on_others_domain
        )
        if any(mention.stem for mention in self._mentions.values()):
            self._follow_campaigns()
        if disputed:
            self._run("companies/match_settled_domains")
            self._found |= self._ids_of("companies/matched")
        self._resolve_names()
        self._fill_gaps()
        if is_shared:
            self._note_found()
            self._run("companies/record_shared_domains", disputed=sorted(disputed))
        self._record_doubtful()
        return {ordinal: Saved(company_id, company_id in self._new) for ordinal, company_id in self._found.items()}

    def _run(self, name: str, /, **values: Any) -> CursorResult[*tuple[Any, ...]]:
        return self._connection.execute(statement(name), values)

    def _ids_of(self, name: str, /, **values: Any) -> dict[Any, int]:
        return {row[0]: row[1] for row in self._run(name, **values).all()}

    def _stage(self) -> None:
        self._run("companies/clear_stage")
        self._run("companies/stage_rows", rows=to_json([mention.keys() for mention in self._mentions.values()]))
        if self._is_large:
            self._run("companies/analyze_stage")
            correct_statistics(self._connection, "companies")

    def _match_by_domain(self) -> bool:
        """Match mentions to the companies known by their domains, without those whose names speak against it.

        Returns True when there are such mentions: they give up the domain, and are looked up by name.
        """
        doubtful: list[Sequence[Any]] = list(self._run("companies/match_by_domain"))
        for ordinal, known_name, known_key, is_doubtful in self._run("companies/match_by_campaign"):
            self._on_others_domain.add(ordinal)
            if is_doubtful:
                doubtful.append((ordinal, known_name, known_key))
        others = []
        for ordinal, known_name, known_key in doubtful:
            mention = self._mentions[ordinal]
            # The name shown may have been taken over from another mention; the key is what it was first called.
            if not (belongs_with(mention.name, known_name, mention.domain or "") or are_alike(mention.name, known_key)):
                others.append(ordinal)
        if others:
            self._run("companies/give_up_domains", ordinals=others)
            self._on_others_domain.update(others)
        return bool(others)

    def _give_domains(self) -> None:
        """Give new domains to the companies known without one, or only by that of a campaign."""
        for company_id, ordinal, is_renamed in self._run("companies/take_own_domain"):
            said = self._mentions[ordinal].said
            name = said["name"] if is_renamed else None
            self._run("companies/introduce", id=company_id, name=name, website_url=said["website_url"])
            self._renamed.append(company_id)
        self._run("companies/adopt_domain")

    def _create_with_domain(self, mentions: Iterable[_Mention]) -> None:
        self._create({mention.ordinal: mention.said["domain"] for mention in mentions})
        if self._is_large:
            correct_statistics(self._connection, "companies")

    def _follow_campaigns(self) -> None:
        """Match the campaign domains that are waiting, now that what their stems spell is known; create the others."""
        self._note_found()
        for release in ("companies/release_first_campaigns", "companies/release_campaigns"):
            self._on_others_domain.update(self._run("companies/match_by_stem").scalars())
            self._run(release)
            self._give_domains()
            released = self._run("companies/unmatched_domains").scalars().all()
            self._create_with_domain(self._mentions[ordinal] for ordinal in released)
            self._note_found()
            self._run("companies/record_campaigns")
        self._found |= self._ids_of("companies/matched")

    def _resolve_names(self) -> None:
        """Find by name, or create, what has no domain or gave it up."""
        left = [mention for ordinal, mention in self._mentions.items() if ordinal not in self._found]
        known = self._merged_names | self._new_names | self._known_names
        for mention in left:
            if company_id := known.get(mention.name_key):
                self._found[mention.ordinal] = company_id
        left = [mention for mention in left if mention.ordinal not in self._found]
        if keys := {mention.stem_key for mention in left if mention.stem_key}:
            known = self._ids_of("companies/known_campaign_names", name_keys=sorted(keys))
            self._found |= {mention.ordinal: known[mention.stem_key] for mention in left if mention.stem_key in known}
            left = [mention for mention in left if mention.ordinal not in self._found]
        self._create({mention.ordinal: mention.name_key for mention in left})

    def _create(self, identities: dict[int, str]) -> None:
        """Create a company for each of the domains, or name keys, of mentions; the first mention names it."""
        firsts: dict[str, int] = {}
        for ordinal, identity in identities.items():
            firsts.setdefault(identity, ordinal)
        if not firsts:
            return
        rows = to_json([self._said(self._mentions[ordinal]) for ordinal in firsts.values()])
        ids = self._run("companies/insert", rows=rows, source_system=self._source_system).scalar_one()
        for identity, ordinal in firsts.items():
            mention, company_id = self._mentions[ordinal], ids[identity]
            self._new[company_id] = mention
            if self._new_names.setdefault(mention.name_key, company_id) != company_id:
                self._doubtful_names.add(mention.name_key)
        for ordinal, identity in identities.items():
            self._found[ordinal] = ids[identity]

    def _said(self, mention: _Mention) -> dict[str, Any]:
        """The columns a mention fills, without a website that is not its company's."""
        if mention.ordinal not in self._on_others_domain:
            return mention.said
        return {column: value for column, value in mention.said.items() if column not in ("domain", "website_url")}

    def _note_found(self) -> None:
        found = [{"ordinal": ordinal, "company_id": company_id} for ordinal, company_id in self._found.items()]
        self._run("companies/note_found", rows=to_json(found))

    def _fill_gaps(self) -> None:
        """Add what is news in the mentions that did not make their company."""
        told = {
            ordinal: company_id
            for ordinal, company_id in self._found.items()
            if company_id not in self._new or self._new[company_id].ordinal != ordinal
        }
        if not told:
            return
        gaps = self._ids_of("companies/gaps", ids=to_json(list(set(told.values()))))
        news = [
            self._said(mention) | {"ordinal": ordinal, "company_id": company_id}
            for ordinal, company_id in told.items()
            if not _columns_of(gaps.get(company_id, 0)).isdisjoint((mention := self._mentions[ordinal]).said)
        ]
        if news:
            self._run("companies/fill_gaps", rows=to_json(news))

    def _record_doubtful(self) -> None:
        """Record whom the companies that are new, or newly called so, may be the same as."""
        names, campaigns = self._doubtful_names, self._campaign_names
        if ids := [*self._renamed, *(id for id, mention in self._new.items() if mention.name_key in names)]:
            self._run("companies/record_doubtful", ids=ids)
        if ids := [id for id, mention in self._new.items() if mention.stem or mention.name_key in campaigns]:
            self._run("companies/record_campaign_pairs", ids=ids)


def find_current_company(connection: Connection, company_id: int) -> int | None:
    """The id of a company, or of the one it was merged into; ``None`` when it does not exist."""
    found: int | None = connection.execute(
        statement("companies/find_current"), {"company_id": company_id}
    ).scalar_one_or_none()
    return found
