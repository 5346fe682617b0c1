"""Companies: one row per real company, whichever system found it.

Identity is the domain when known, else the name key. A domainless company adopts a domain later, two domains never
merge silently: a doubtful pair is recorded in ``merge_candidates`` with its evidence. A domain identifies a company
only if it is its own. Of unlike names seen with one domain, none can claim it: those are companies of their own, and
the pair is on record. A domain of a campaign leads to the company, which takes its own domain when that comes up.

What is stored follows from what was said, whichever was said first: names, websites and industries by
``prospecting.scoring.company_facts``, a name that several companies have by ``companies/known_names``. What was found
by such a name alone follows it when a better match comes up.

What is known is found in the database, by a list of keys that is the transaction's own. Who is new, and what is news,
is decided here, so that only that is sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, CursorResult

from prospecting.parsing.ownership import belong_together, claim_strength
from prospecting.persistence.batches import (
    LARGE,
    Failure,
    Saved,
    Upserted,
    correct_statistics,
    save_isolating,
)
from prospecting.persistence.company_facts import Naming, add_facts
from prospecting.persistence.company_mentions import (
    CompanyRow,
    Mention,
    give_up_disputed,
    keys_to_lock,
    read_mention,
    recruiting_names,
)
from prospecting.persistence.company_names import settle_names
from prospecting.persistence.database import lock_all_keys, lock_keys, to_json
from prospecting.persistence.statements import statement
from prospecting.scoring.company_facts import merge_facts

__all__ = ["CompanyRow", "find_current_company", "upsert_companies"]


def upsert_companies(connection: Connection, rows: Sequence[CompanyRow], *, source_system: str) -> Upserted:
    """Find or create every company in ``rows``; add what they say, never erase.

    ``rows`` are one answer: a domain that comes with two unlike names in it is neither's. Safe for any number of
    writers at once, and the same in whatever order answers come. One bad record costs only itself
    (``Upserted.failures``). At most one call per transaction, before any call for persons (lock order).
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
        lock_keys(connection, "company", keys_to_lock(mentions.values()))
    connection.execute(statement("companies/stage_table"))

    def save(ordinals: Sequence[int]) -> dict[int, Saved]:
        batch = _Batch(connection, source_system, {ordinal: mentions[ordinal] for ordinal in ordinals})
        return batch.save(disputed)

    save_isolating(connection, list(mentions), save, result)
    return result


class _Batch:
    """Mentions, by their ordinals, on their way into the database: which companies they mean, and which are new."""

    def __init__(self, connection: Connection, source_system: str, mentions: dict[int, Mention]) -> None:
        self._connection = connection
        self._source_system = source_system
        self._mentions = mentions
        self._is_large = len(mentions) > LARGE
        self._found: dict[int, int] = {}
        self._new: dict[int, list[Mention]] = {}
        """New companies, and the mentions that they are made from."""
        self._new_names: dict[str, int] = {}
        self._known_names: dict[str, int] = {}
        self._merged_names: dict[str, int] = {}
        self._doubtful_names: set[str] = set()
        """Names that several companies may have, as far as new ones are concerned."""
        self._renamed: list[int] = []
        self._adopting: set[int] = set()
        """Companies known by a name alone until now."""
        self._ceded: dict[str, int] = {}
        """Domains that a company has given up, and that company."""
        self._on_others_domain: set[int] = set()
        """Mentions whose website is another company's."""

    def save(self, disputed: set[str]) -> dict[int, Saved]:
        self._stage()
        # By domain first: a mention without a website may then find the company that has just got one.
        self._match_by_domain()
        self._give_domains()
        self._found = self._ids_of("companies/matched")
        for name_key, company_id, is_merged, _ in self._run("companies/known_names", name_keys=None):
            (self._merged_names if is_merged else self._known_names)[name_key] = company_id
        self._doubtful_names = set(self._known_names)
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
        naming = self._add_facts()
        self._settle_names(naming)
        if disputed or self._on_others_domain or self._ceded:
            self._note_found()
            ceded = [{"domain": domain, "company_id": company_id} for domain, company_id in self._ceded.items()]
            self._run("companies/record_shared_domains", disputed=sorted(disputed), ceded=to_json(ceded))
        self._record_doubtful(naming)
        return {ordinal: self._saved(ordinal, company_id) for ordinal, company_id in self._found.items()}

    def _saved(self, ordinal: int, company_id: int) -> Saved:
        mention = self._mentions[ordinal]
        is_by_name = mention.domain is None or ordinal in self._on_others_domain
        return Saved(company_id, company_id in self._new, mention.name_key if is_by_name else None)

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

    def _match_by_domain(self) -> None:
        """Match mentions to the companies known by their domains, without those whose names speak against it.

        Those look for their company by name, unless the domain is more likely to be theirs.
        """
        doubtful = [*self._run("companies/match_by_domain"), *self._run("companies/match_by_campaign")]
        if not doubtful:
            return
        other_names: dict[int, list[str]] = {}
        for company_id, _, name in self._run(
            "companies/other_names", ids=[company_id for _, company_id, *_ in doubtful]
        ):
            other_names.setdefault(company_id, []).append(name)
        claims: dict[str, list[int]] = {}
        owners: dict[str, tuple[int, list[str], str | None]] = {}
        for ordinal, company_id, name, website in doubtful:
            domain = self._mentions[ordinal].domain or ""
            claims.setdefault(domain, []).append(ordinal)
            owners[domain] = company_id, [name, *other_names.get(company_id, ())], website
        ceding: dict[int, str] = {}
        others: list[int] = []
        for domain, ordinals in claims.items():
            names = list(dict.fromkeys(self._mentions[ordinal].name for ordinal in ordinals))
            websites = [self._mentions[ordinal].said["website_url"] for ordinal in ordinals]
            company_id, known, website = owners[domain]
            if belong_together(names, known, domain):
                continue
            if claim_strength(names, websites, domain) < claim_strength(known, [website], domain):
                ceding[company_id] = domain
            else:
                others += ordinals
        if ceding:
            ceded = self._run("companies/cede_domains", ids=list(ceding)).scalars().all()
            self._ceded = {ceding.pop(company_id): company_id for company_id in ceded}
            released = [ordinal for domain in self._ceded for ordinal in claims[domain]]
            self._run("companies/name_sponsors_only", ids=ceded)
            self._run("companies/release_domains", ordinals=released)
        others += [ordinal for domain in ceding.values() for ordinal in claims[domain]]
        if others:
            self._run("companies/give_up_domains", ordinals=others)
            self._on_others_domain.update(others)

    def _give_domains(self) -> None:
        """Give new domains to the companies known without one, or only by that of a campaign."""
        self._renamed += self._run("companies/take_own_domain").scalars()
        self._adopting.update(self._run("companies/adopt_domain").scalars())

    def _create_with_domain(self, mentions: Iterable[Mention]) -> None:
        self._create({mention.ordinal: mention.said["domain"] for mention in mentions})
        if self._is_large:
            correct_statistics(self._connection, "companies")

    def _follow_campaigns(self) -> None:
        """Match the campaign domains that are waiting, now that what their stems spell is known; create the others."""
        self._note_found()
        for release in ("companies/release_first_campaigns", "companies/release_campaigns"):
            self._run("companies/match_by_stem")
            self._run(release)
            self._give_domains()
            released = self._run("companies/unmatched_domains").scalars().all()
            self._create_with_domain(self._mentions[ordinal] for ordinal in released)
            self._note_found()
            self._run("companies/record_campaigns")
        self._run("companies/choose_campaign")
        self._found |= self._ids_of("companies/matched")

    def _resolve_names(self) -> None:
        """Find by name, or create, what has no domain or gave it up."""
        left = [mention for ordinal, mention in self._mentions.items() if ordinal not in self._found]
        if not left:
            return
        known = self._merged_names | self._new_names | self._known_names
        if named := {mention.name_key for mention in left} & self._doubtful_names & set(self._new_names):
            # Of those known and those new, the one that the name means now.
            known |= {key: found for key, found, *_ in self._run("companies/known_names", name_keys=sorted(named))}
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
        """Create a company for each of the domains, or name keys, of mentions, with all that they say."""
        groups: dict[str, list[Mention]] = {}
        for ordinal, identity in identities.items():
            groups.setdefault(identity, []).append(self._mentions[ordinal])
        if not groups:
            return
        rows = []
        for mentions in groups.values():
            said = [self._said(mention) for mention in mentions]
            rows.append(merge_facts(said, said[0].get("domain")) if len(said) > 1 else said[0])
        ids = self._run("companies/insert", rows=to_json(rows), source_system=self._source_system).scalar_one()
        for identity, mentions in groups.items():
            company_id = ids[identity]
            self._new[company_id] = mentions
            for mention in mentions:
                self._found[mention.ordinal] = company_id
                if self._new_names.setdefault(mention.name_key, company_id) != company_id:
                    self._doubtful_names.add(mention.name_key)
                if mention.stem and mention.stem_key:
                    self._new_names.setdefault(mention.stem_key, company_id)

    def _said(self, mention: Mention) -> dict[str, Any]:
        """The columns a mention fills, without a website that is not its company's."""
        if mention.ordinal not in self._on_others_domain:
            return mention.said
        return {column: value for column, value in mention.said.items() if column not in ("domain", "website_url")}

    def _note_found(self) -> None:
        found = [{"ordinal": ordinal, "company_id": company_id} for ordinal, company_id in self._found.items()]
        self._run("companies/note_found", rows=to_json(found))

    def _add_facts(self) -> Naming:
        """Add what is news in the mentions that did not make their company, and what companies are called besides."""
        told: dict[int, list[tuple[Mention, dict[str, Any]]]] = {}
        for ordinal, company_id in self._found.items():
            mention = self._mentions[ordinal]
            if company_id not in self._new or mention not in self._new[company_id]:
                told.setdefault(company_id, []).append((mention, self._said(mention)))
        return add_facts(self._connection, told, self._new, adopting=self._adopting)

    def _settle_names(self, naming: Naming) -> None:
        """Let what was found by name alone follow the names whose companies are others than before."""
        names = set(naming.new_keys)
        for mentions in self._new.values():
            if mentions[0].domain:
                names |= {mention.name_key for mention in mentions} & self._doubtful_names
        recruiting = {
            key: mention.stem_key
            for mention in self._mentions.values()
            if mention.stem and mention.stem_key
            for key in recruiting_names(mention.stem_key)
        }
        merged = settle_names(self._connection, names, recruiting, ceded=list(self._ceded.values()))
        for ordinal, company_id in self._found.items():
            self._found[ordinal] = merged.get(company_id, company_id)

    def _record_doubtful(self, naming: Naming) -> None:
        """Record whom the companies that are new, or newly called so, may be the same as."""
        doubtful = [
            company_id
            for company_id, mentions in self._new.items()
            if any(mention.name_key in self._doubtful_names for mention in mentions)
        ]
        if ids := [*self._renamed, *naming.newly_called, *doubtful]:
            self._run("companies/record_doubtful", ids=ids)


def find_current_company(connection: Connection, company_id: int) -> int | None:
    """The id of a company, or of the one it was merged into; ``None`` when it does not exist."""
    found: int | None = connection.execute(
        statement("companies/find_current"), {"company_id": company_id}
    ).scalar_one_or_none()
    return found
