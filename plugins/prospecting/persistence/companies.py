"""Companies: one row per real company, whichever system found it.

Identity is the domain when known, else the name key. A domainless company adopts a domain later, two domains never
merge silently: a doubtful pair is recorded in ``merge_candidates`` with its evidence. A domain identifies a company
only if it is its own. Of unlike names seen with one domain, none can claim it: those are companies of their own, and
the pair is on record.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from prospecting.parsing.names import clean_company_name, company_key
from prospecting.parsing.ownership import (
    are_alike,
    belongs_with,
    campaign_key,
    campaign_stem,
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
    without_nones,
)
from prospecting.persistence.database import lock_keys, to_json
from prospecting.persistence.statements import statement


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


def _staged(position: int, row: CompanyRow) -> dict[str, Any] | None:
    name = clean_company_name(row.name)
    key = company_key(name) if name else ""
    if not name or not key:
        return None
    website, domain = read_website(row.website_url, name, row.event_website) if row.website_url else (None, None)
    stem = campaign_stem(domain) if domain else None
    linkedin = normalize_linkedin_url(row.linkedin_url) if row.linkedin_url else None
    return {
        "ordinal": position,
        "name": name,
        "name_key": key,
        "domain": domain,
        "shared_domain": None,
        "stem": stem,
        "stem_key": campaign_key(name) if stem else None,
        "website_url": website,
        "linkedin_url": linkedin if linkedin and linkedin_kind(linkedin) == "company" else None,
        "primary_industry": row.primary_industry,
        "industry_is_guess": row.industry_is_guess or None,
        "employee_range": row.employee_range,
        "description": row.description,
    }


def _give_up_disputed(staged: Iterable[dict[str, Any] | None]) -> set[str]:
    """Take the domains that come with unlike names, of which at most one can be right, from all of them.

    Returns these domains.
    """
    by_domain: dict[str, list[dict[str, Any]]] = {}
    several: set[str] = set()
    for row in staged:
        if row and row["domain"]:
            mentions = by_domain.setdefault(row["domain"], [])
            mentions.append(row)
            if row["name_key"] != mentions[0]["name_key"]:
                several.add(row["domain"])
    disputed = set()
    for domain in several:
        mentions = by_domain[domain]
        if not may_be_one_company(list(dict.fromkeys(row["name"] for row in mentions)), domain):
            disputed.add(domain)
            for row in mentions:
                row |= {"shared_domain": domain, "domain": None, "website_url": None, "stem": None}
    return disputed


def upsert_companies(connection: Connection, rows: Sequence[CompanyRow], *, source_system: str) -> Upserted:
    """Find or create every company in ``rows``; fill what was unknown, never erase, never swap what is known.

    ``rows`` are one answer: a domain that comes with two unlike names in it is neither's. Safe for any number of
    writers at once. One bad record costs only itself (``Upserted.failures``). At most one call per transaction, before
    any call for persons (lock order).
    """
    result = Upserted(saved=[None] * len(rows))
    staged = [_staged(position, row) for position, row in enumerate(rows)]
    disputed = _give_up_disputed(staged)
    lock_keys(connection, "company", _keys(staged))
    connection.execute(statement("companies/stage_table"))

    def save(positions: Sequence[int]) -> dict[int, Saved]:
        batch = [row for position in positions if (row := staged[position])]
        _stage(connection, batch)
        # By domain first: a mention without a website may then find the company that has just got one.
        is_shared = _match_by_domain(connection, staged) or bool(disputed)
        _create_with_domain(connection, source_system, is_large=len(batch) > LARGE)
        if any(row["stem"] for row in batch):
            connection.execute(statement("companies/match_by_stem"))
            connection.execute(statement("companies/forget_stems"))
            _create_with_domain(connection, source_system)
        if disputed:
            connection.execute(statement("companies/match_settled_domains"))
        if is_shared or any(row["domain"] is None for row in batch):
            connection.execute(statement("companies/match_by_name"))
            connection.execute(statement("companies/insert_without_domain"), {"source_system": source_system})
        connection.execute(statement("companies/fill_gaps"))
        if is_shared:
            connection.execute(statement("companies/record_shared_domains"), {"disputed": sorted(disputed)})
        connection.execute(statement("companies/record_doubtful"))
        found = connection.execute(statement("companies/staged_result"))
        return {ordinal: Saved(company_id, is_new) for ordinal, company_id, is_new in found}

    for position, row in enumerate(staged):
        if row is None:
            result.failures.append(Failure(position, "missing_name", "The company has no usable name"))
    save_isolating(connection, [position for position, row in enumerate(staged) if row], save, result)
    return result


def _keys(staged: Iterable[dict[str, Any] | None]) -> set[str]:
    keys: set[str] = set()
    for row in staged:
        if row:
            keys.add(f"n:{row['name_key']}")
            if domain := row["domain"] or row["shared_domain"]:
                keys.add(f"d:{domain}")
            if row["stem"]:
                keys |= {f"n:{row['stem']}", f"n:{row['stem_key']}"}
    return keys


def _stage(connection: Connection, batch: Sequence[dict[str, Any]]) -> None:
    connection.execute(statement("companies/clear_stage"))
    connection.execute(statement("companies/stage_rows"), {"rows": to_json(without_nones(batch))})
    if len(batch) > LARGE:
        connection.execute(statement("companies/analyze_stage"))
        correct_statistics(connection, "companies")


def _match_by_domain(connection: Connection, staged: Sequence[dict[str, Any] | None]) -> bool:
    """Match mentions to the companies known by their domains, without those whose names speak against it.

    Returns True when there are such mentions: they give up the domain, and are looked up by name.
    """
    others = []
    for ordinal, known_name, known_key in connection.execute(statement("companies/match_by_domain")):
        row = staged[ordinal]
        # The name shown may have been taken over from another mention; the key is what the company was first called.
        if row and not (belongs_with(row["name"], known_name, row["domain"]) or are_alike(row["name"], known_key)):
            others.append(ordinal)
    if others:
        connection.execute(statement("companies/give_up_domains"), {"ordinals": others})
    return bool(others)


def _create_with_domain(connection: Connection, source_system: str, *, is_large: bool = False) -> None:
    connection.execute(statement("companies/adopt_domain"))
    connection.execute(statement("companies/insert_with_domain"), {"source_system": source_system})
    if is_large:
        correct_statistics(connection, "companies")


def find_current_company(connection: Connection, company_id: int) -> int | None:
    """The id of a company, or of the one it was merged into; ``None`` when it does not exist."""
    found: int | None = connection.execute(
        statement("companies/find_current"), {"company_id": company_id}
    ).scalar_one_or_none()
    return found
