"""All that is known of one company, as a page shows it, and which task tries wrote it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from prospecting.persistence.account_graph import find_expansion_targets, get_account_health_score
from prospecting.persistence.account_graph_models import ExpansionTarget
from prospecting.persistence.portions import Row, rows_of
from prospecting.persistence.task_attempts import find_attempts, find_calls
from prospecting.scoring.health import AccountHealth
from prospecting.scoring.icp import icp_points

SHOWN = 100
"""Rows of a part that are shown at most."""
WEEKS = 26
TARGETS = 10


@dataclass(frozen=True, slots=True)
class CompanyFacts:
    """A company and all around it: ``company`` is its row, with its account; each part has up to ``SHOWN`` + 1 rows.

    ``icp_points`` are what the known features of the account add to its ICP score, in words. ``health`` and
    ``targets`` (whom to talk to next, from the primary contact) are of accounts with contacts. ``attempts`` are the
    task tries that ``written_by`` of any of the rows names, by id; ``calls`` those to agents that they wrote from, as
    ``find_calls`` has them.
    """

    company: Row
    people: Sequence[Row] = ()
    seats: Sequence[Row] = ()
    seat_history: Sequence[Row] = ()
    events: Sequence[Row] = ()
    signals: Sequence[Row] = ()
    sources: Sequence[Row] = ()
    briefings: Sequence[Row] = ()
    contacts: Sequence[Row] = ()
    conversations: Sequence[Row] = ()
    weeks: Sequence[Row] = ()
    icp_points: Sequence[tuple[str, int]] = ()
    health: AccountHealth | None = None
    targets: Sequence[ExpansionTarget] = ()
    attempts: Mapping[int, Row] = field(default_factory=dict)
    calls: Mapping[tuple[int, str], Row] = field(default_factory=dict)


def find_company_facts(connection: Connection, company_id: int) -> CompanyFacts | None:
    """All that is known of a company, or ``None``; of one that was merged only its row."""
    values: dict[str, Any] = {"company_id": company_id}
    found = rows_of(connection, "companies/facts", values)
    if not found or found[0]["merged_into_id"] is not None:
        return CompanyFacts(found[0]) if found else None
    (company,) = found
    values |= {"company_unique_id": company["company_unique_id"], "limit": SHOWN + 1}

    def part(name: str, **more: Any) -> Sequence[Row]:
        return rows_of(connection, f"companies/facts_{name}", {**values, **more})

    names = (
        "people", "seats", "seat_history", "events", "signals", "sources", "briefings", "contacts", "conversations",
    )  # fmt: skip
    parts = {name: part(name) for name in names}
    contacts = parts["contacts"]
    attempts = find_attempts(connection, [company, {"written_by": company["score_written_by"]}], *parts.values())
    return CompanyFacts(
        company,
        **parts,
        weeks=part("weeks", weeks=WEEKS),
        icp_points=icp_points(company) if company["icp_score"] is not None else (),
        health=get_account_health_score(connection, company_id) if contacts else None,
        targets=find_expansion_targets(connection, contacts[0]["id"], limit=TARGETS) if contacts else (),
        attempts=attempts,
        calls=find_calls(
            connection, attempts, company_ids=[company_id], event_ids=[event["id"] for event in parts["events"]]
        ),
    )


def find_current_company(connection: Connection, company_id: int) -> tuple[int, str] | None:
    """Id and name of a company, or of the one that it was merged into; ``None`` when there is none."""
    found = rows_of(connection, "companies/facts_current", {"company_id": company_id})
    return (found[0]["id"], found[0]["name"]) if found else None
