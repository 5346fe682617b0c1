"""Asking for briefings: those of an org, on companies, on persons, and the job titles that buy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from prospecting.parsing.briefings import Kind, read_fields
from prospecting.parsing.records import Rejected
from prospecting.parsing.research_inputs import Question
from prospecting.parsing.urls import linkedin_kind, normalize_linkedin_url
from prospecting.persistence.briefing_sources import as_uuid
from prospecting.persistence.database import clean_text
from prospecting.persistence.pages import Page
from prospecting.persistence.statements import statement
from prospecting.scoring.target_functions import TitleCount

_MAX_LIMIT = 1000
_FILTERS = ("company_domain", "person_linkedin_url", "person_current_company_name", "client_company_name")


class TooLarge(ValueError):
    """The rows that were asked for are larger together than they may be; the message says how many are not."""

    def __init__(self, fitting: int, max_bytes: int) -> None:
        super().__init__(
            f"limit: these briefings are larger than {max_bytes:,} bytes together; ask for {max(fitting, 1)} at once, "
            "and for the others by offset"
        )


def query_company_intel_briefings(
    connection: Connection,
    *,
    org_id: UUID | str,
    company_domain: str | None = None,
    client_company_name: str | None = None,
    limit: int | None = 100,
    offset: int | None = 0,
    max_bytes: int | None = None,
) -> Page[dict[str, Any]]:
    """Briefings of an org, the latest created first; of a company (its domain in any spelling), for a client, or both.

    A blank filter is none; what is not a domain finds nothing. ``limit`` is kept within 1 to 1000, ``offset`` at 0 or
    above. Raises ``TooLarge`` when the research in several rows is larger than ``max_bytes`` together, as text.
    """
    filters = {"company_domain": company_domain, "client_company_name": client_company_name}
    return _query(connection, "company", org_id, filters, limit, offset, max_bytes)


def query_person_intel_briefings(
    connection: Connection,
    *,
    org_id: UUID | str,
    person_linkedin_url: str | None = None,
    person_current_company_name: str | None = None,
    client_company_name: str | None = None,
    limit: int | None = 100,
    offset: int | None = 0,
    max_bytes: int | None = None,
) -> Page[dict[str, Any]]:
    """Briefings of an org, the latest created first; of a person, of people at a company, for a client, or all of it.

    A person is named by their LinkedIn address in any spelling. Filters and limits are those of
    ``query_company_intel_briefings``.
    """
    filters = {
        "person_linkedin_url": person_linkedin_url,
        "person_current_company_name": person_current_company_name,
        "client_company_name": client_company_name,
    }
    return _query(connection, "person", org_id, filters, limit, offset, max_bytes)


def query_icp_job_titles(
    connection: Connection,
    *,
    org_id: UUID | str,
    company_domain: str | None = None,
    limit: int | None = 100,
    offset: int | None = 0,
    max_bytes: int | None = None,
) -> Page[dict[str, Any]]:
    """The job titles that buy, of an org, the latest created first; of a company.

    Filters and limits are those of ``query_company_intel_briefings``.
    """
    return _query(connection, "icp_job_titles", org_id, {"company_domain": company_domain}, limit, offset, max_bytes)


def _query(
    connection: Connection,
    kind: Kind,
    org_id: UUID | str,
    filters: Mapping[str, str | None],
    limit: int | None,
    offset: int | None,
    max_bytes: int | None,
) -> Page[dict[str, Any]]:
    values: dict[str, Any] = {
        "kind": kind,
        "org_id": as_uuid(org_id, "org_id"),
        "limit": min(max(100 if limit is None else limit, 1), _MAX_LIMIT),
        "offset": max(offset or 0, 0),
        **dict.fromkeys(_FILTERS),
    }
    for name, given in filters.items():
        if given is not None and given.strip():
            values[name] = _filter_value(name, given)
            if values[name] is None:
                return Page()
    found = connection.execute(statement("briefings/find_page"), values).all()
    ids = [briefing_id for briefing_id, _ in found if briefing_id is not None]
    if len(ids) > 1 and max_bytes is not None:
        asked = {"kind": kind, "ids": ids, "max_bytes": max_bytes}
        fitting, others = connection.execute(statement("briefings/count_fitting"), asked).one()
        if others:
            raise TooLarge(fitting, max_bytes)
    rows = connection.execute(statement(f"briefings/rows_{kind}"), {"ids": ids}).mappings() if ids else ()
    by_id = {row["id"]: dict(row) for row in rows}
    return Page((by_id[briefing_id] for briefing_id in ids if briefing_id in by_id), total=found[0].total)


def _filter_value(name: str, given: str) -> str | None:
    """As it is stored, or ``None`` for what is never stored."""
    if name == "company_domain":
        fields = read_fields("icp_job_titles", {"domain": given})
        return None if isinstance(fields, Rejected) else fields.values["company_domain"]
    if name == "person_linkedin_url":
        return normalize_linkedin_url(given) if linkedin_kind(given) == "person" else None
    return clean_text(given)


@dataclass(frozen=True, slots=True)
class FreshBriefing:
    """A briefing that answers a question: ``values`` as an operation's output says them, ``metadata`` as JSON."""

    values: Mapping[str, Any] = field(repr=False)
    metadata: Mapping[str, Any]


def find_fresh_briefing(
    connection: Connection,
    *,
    org_id: UUID,
    submission_id: UUID,
    question: Question,
    processor: Any,
    max_age_seconds: float,
) -> FreshBriefing | None:
    """The org's briefing that answers ``question`` of a submission, if it was researched at most so long ago for
    another one; else ``None``.

    A ``processor`` that is named has to be the one it was made by.
    """
    keys = [*question.key, None, None]
    values = {
        "kind": question.kind,
        "org_id": org_id,
        "submission_id": submission_id,
        **dict(zip(("first_key", "second_key", "third_key"), keys, strict=False)),
        "profile": question.profile,
        "processor": processor if isinstance(processor, str) else None,
        "max_age_seconds": max_age_seconds,
    }
    row = connection.execute(statement("briefings/find_fresh"), values).mappings().one_or_none()
    if row is None:
        return None
    named = ("parallel_run_id", "processor", "source_submission_id", "source_pipeline_run_id")
    metadata = {"briefing_id": str(row["id"]), "researched_at": row["researched_at"].isoformat()}
    return FreshBriefing(row["said"], metadata | {name: str(row[name]) for name in named if row[name] is not None})


def query_title_counts(
    connection: Connection, *, org_id: UUID | str, domains: Sequence[str] | None = None
) -> list[TitleCount]:
    """For how many companies of an org research names each title, and as which buyer role; the most named first.

    ``domains`` (in any spelling) narrows it to these companies.
    """
    usable = (
        None if domains is None else [found for given in domains if (found := _filter_value("company_domain", given))]
    )
    values = {"org_id": as_uuid(org_id, "org_id"), "domains": usable}
    return [TitleCount(**row) for row in connection.execute(statement("briefings/title_counts"), values).mappings()]
