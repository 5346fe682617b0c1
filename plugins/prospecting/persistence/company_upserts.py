"""Finding and creating companies: one row per real company, whichever system found it.

Identity is the domain when known, else the name key. A domainless company adopts a domain later, two domains never
merge silently: a doubtful pair is recorded in ``merge_candidates`` with its evidence. A domain identifies a company
only if it is its own. Of unlike names seen with one domain, none can claim it: those are companies of their own, and
the pair is on record. A domain of a campaign leads to the company, which takes its own domain when that comes up.

What is known is found in the database, by a list of keys that is the transaction's own. Who is new, and what is news,
is decided here, so that only that is sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, CursorResult

from prospecting.parsing.ownership import are_alike, belongs_with
from prospecting.persistence.batches import (
    LARGE,
    Failure,
    Saved,
    Upserted,
    correct_statistics,
    save_isolating,
)
from prospecting.persistence.company_mentions import (
    CompanyRow,
    Mention,
    give_up_disputed,
    identity_keys,
    read_mention,
)
from prospecting.persistence.database import lock_all_keys, lock_keys, to_json
from prospecting.persistence.statements import statement

_GAPS = (
    *("name", "website_url", "linkedin_url", "primary_industry", "employee_range", "description", "kind"),
    *("parent_domain", "headquarters_location", "country"),
)


def upsert_companies(connection: Connection, rows: Sequence[CompanyRow], *, source_system: str) -> Upserted:
    """Find or create every company in ``rows``; fill what was unknown, never erase, never swap what is known.

    ``rows`` are one answer: a domain that comes with two unlike names in it is neither's. Safe for any number of
    writers at once. One bad record costs only itself (``Upserted.failures``). At most one call per transaction, before
    any call for persons (lock order).
    """
    result = Upserted(saved=[None] * len(rows))
    mentions: dict[int, Mention] = {}
    for ordinal, row in enumerate(rows):
        if mention := read_mention(ordinal, row):
            mentions[ordinal] = mention
        else:
            result.failures.append(Failure(ordinal, "missing_name", "The company has no usable name"))
    disputed = give_up_disputed(mentions.values())
    if len(mentions) > LARGE:
        # So many have keys in nearly every bucket anyway.
        lock_all_keys(connection, "company")
    else:
        lock_keys(connection, "company", identity_keys(mentions.values()))
    connection.execute(statement("companies/stage_table"))

    def save(ordinals: Sequence[int]) -> dict[int, Saved]:
        batch = _Batch(connection, source_system, {ordinal: mentions[ordinal] for ordinal in ordinals})
        return batch.save(disputed)

    save_isolating(connection, list(mentions), save, result)
    return result


@lru_cache(maxsize=64)
def _columns_of(gaps: int) -> frozenset[str]:
    """The columns that the bits of the statement ``companies/gaps`` stand for."""
    return frozenset(column for bit, column in enumerate(_GAPS) if gaps >> bit & 1)


class _Batch:
    """Mentions, by their ordinals, on their way into the database: which companies they mean, and which are new."""

    def __init__(self, connection: Connection, source_system: str, mentions: dict[int, Mention]) -> None:
        self._connection = connection
        self._source_system = source_system
        self._mentions = mentions
        self._is_large = len(mentions) > LARGE
        self._found: dict[int, int] = {}
        self._new: dict[int, Mention] = {}
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

    def _create_with_domain(self, mentions: Iterable[Mention]) -> None:
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

    def _said(self, mention: Mention) -> dict[str, Any]:
        """The columns a mention fills, without a website that is not its company's."""
        if mention.ordinal not in self._on_others_domain:
            return mention.said
        return mention.said_without_website()

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
