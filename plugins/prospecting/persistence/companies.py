"""Companies: one row per real company, whichever system found it.

Identity is the domain when known, else the name key. A domainless company adopts a domain later, two domains never
merge silently: a doubtful pair is recorded in ``merge_candidates`` with its evidence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from prospecting.parsing.names import clean_company_name, company_key
from prospecting.parsing.records import SponsorRecord
from prospecting.parsing.urls import company_domain, linkedin_kind, normalize_linkedin_url, normalize_website
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
    """A company as somebody names it. ``website_url`` may be any spelling; the domain is derived from it."""

    name: str
    website_url: str | None = None
    linkedin_url: str | None = None
    primary_industry: str | None = None
    employee_range: str | None = None
    description: str | None = None

    @classmethod
    def from_sponsor(cls, sponsor: SponsorRecord, fallback_industry: str | None = None) -> CompanyRow:
        return cls(
            name=sponsor.name,
            website_url=sponsor.website,
            linkedin_url=sponsor.linkedin_url,
            primary_industry=sponsor.industry or fallback_industry,
            employee_range=sponsor.employee_range,
            description=sponsor.description,
        )


def _staged(position: int, row: CompanyRow) -> dict[str, Any] | None:
    name = clean_company_name(row.name)
    key = company_key(name) if name else ""
    if not name or not key:
        return None
    linkedin = normalize_linkedin_url(row.linkedin_url)
    return {
        "ordinal": position,
        "name": name,
        "name_key": key,
        "domain": company_domain(row.website_url),
        "website_url": normalize_website(row.website_url),
        "linkedin_url": linkedin if linkedin and linkedin_kind(linkedin) == "company" else None,
        "primary_industry": row.primary_industry,
        "employee_range": row.employee_range,
        "description": row.description,
    }


def upsert_companies(connection: Connection, rows: Sequence[CompanyRow], *, source_system: str) -> Upserted:
    """Find or create every company in ``rows``; fill what was unknown, never erase, never swap what is known.

    Safe for any number of writers at once. One bad record costs only itself (``Upserted.failures``). At most one
    call per transaction, before any call for persons (lock order).
    """
    result = Upserted(saved=[None] * len(rows))
    staged = [_staged(position, row) for position, row in enumerate(rows)]
    keys = {f"n:{row['name_key']}" for row in staged if row} | {f"d:{row['domain']}" for row in staged if row}
    lock_keys(connection, "company", keys)
    connection.execute(statement("companies/stage_table"))

    def save(positions: Sequence[int]) -> dict[int, Saved]:
        batch = [row for position in positions if (row := staged[position])]
        connection.execute(statement("companies/clear_stage"))
        connection.execute(statement("companies/stage_rows"), {"rows": to_json(without_nones(batch))})
        is_large = len(batch) > LARGE
        if is_large:
            connection.execute(statement("companies/analyze_stage"))
            correct_statistics(connection, "companies")
        # By domain first: a mention without a website may then find the company that has just got one.
        connection.execute(statement("companies/match_by_domain"))
        connection.execute(statement("companies/adopt_domain"))
        connection.execute(statement("companies/insert_with_domain"), {"source_system": source_system})
        if is_large:
            correct_statistics(connection, "companies")
        if any(row["domain"] is None for row in batch):
            connection.execute(statement("companies/match_by_name"))
            connection.execute(statement("companies/insert_without_domain"), {"source_system": source_system})
        connection.execute(statement("companies/fill_gaps"))
        connection.execute(statement("companies/record_doubtful"))
        found = connection.execute(statement("companies/staged_result"))
        return {ordinal: Saved(company_id, is_new) for ordinal, company_id, is_new in found}

    for position, row in enumerate(staged):
        if row is None:
            result.failures.append(Failure(position, "missing_name", "The company has no usable name"))
    save_isolating(connection, [position for position, row in enumerate(staged) if row], save, result)
    return result


def find_current_company(connection: Connection, company_id: int) -> int | None:
    """The id of a company, or of the one it was merged into; ``None`` when it does not exist."""
    found: int | None = connection.execute(
        statement("companies/find_current"), {"company_id": company_id}
    ).scalar_one_or_none()
    return found
