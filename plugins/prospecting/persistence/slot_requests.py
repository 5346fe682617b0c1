"""The queue of backfill requests: claimed under a lease, asked, closed - or put back.

A request is a row of ``agent_routing_log`` (its state) and one of ``intake.people_raw_intake`` (what is asked for, and
the answer). A claim is a name, ``claimed_by``, and a lease that its holder renews. Whoever is killed lets it run out,
and the next one claims; a task that is tried again finds what it held under the same name.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, RowMapping

from prospecting.persistence.database import to_json
from prospecting.persistence.pages import Page, page_of
from prospecting.persistence.statements import statement
from prospecting.scoring.seats import Refused


@dataclass(frozen=True, slots=True)
class Queue:
    """The requests that are meant; everything left out means all of them, an empty tuple none.

    ``only_static``: the providers that will be asked, when each of them always answers the same; requests that all of
    them have answered are not meant.
    """

    slot_types: tuple[str, ...] | None = None
    company_unique_ids: tuple[str, ...] | None = None
    only_static: tuple[str, ...] | None = None

    def values(self) -> dict[str, list[str] | None]:
        """As bind parameters."""
        return {
            "only_static": list(self.only_static) if self.only_static is not None else None,
            "slot_types": list(self.slot_types) if self.slot_types is not None else None,
            "company_unique_ids": list(self.company_unique_ids) if self.company_unique_ids is not None else None,
        }


@dataclass(frozen=True, slots=True)
class Request:
    """A claimed request: who holds the seat ``slot_type`` of a company? ``attempt`` counts from 1.

    ``answered_by``: the providers that have answered for the seat before.
    """

    routing_id: int
    intake_id: int
    company_id: int
    company_unique_id: str
    company_name: str
    domain: str | None
    primary_industry: str | None
    slot_type: str
    attempt: int
    assigned_at: datetime
    answered_by: Sequence[str] = ()
    company_size: str | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of a request: a person (``full_name`` and what else is known), or an ``error`` in words.

    ``cost_usd`` and ``duration_ms`` are this request's share of asking, ``score`` (0 to 100) how good a holder of the
    seat the person is. ``provider`` is who named them, ``answered_by`` are all who answered. ``is_waiting``: nobody was
    asked whose answer could be another one next time; the request stays in the queue, and no attempt is counted.
    ``is_live``: somebody was asked whose answer could be, at ``asked_at`` (aware; ``None``: now).
    """

    routing_id: int
    error: str | None = None
    is_waiting: bool = False
    is_live: bool = True
    asked_at: datetime | None = None
    answered_by: tuple[str, ...] = ()
    cost_usd: Decimal = Decimal(0)
    duration_ms: int = 0
    score: int | None = None
    provider: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    full_name: str | None = None
    email: str | None = None
    phone: str | None = None
    title: str | None = None
    seniority: str | None = None
    linkedin_url: str | None = None
    bio: str | None = None


@dataclass(frozen=True, slots=True)
class BatchSummary:
    """Requests by how they ended. ``running`` ones are still held, or were when their task died."""

    completed: int
    failed: int
    cancelled: int
    running: int
    cost_usd: Decimal


class ClaimLost(Exception):
    """The lease ran out meanwhile and somebody else has the request; nothing may be written for it."""


def count_claimable(connection: Connection, queue: Queue) -> int:
    """The number of requests that wait: queued, or left behind by a worker whose lease ran out."""
    count: int = connection.execute(statement("slot_requests/count_claimable"), queue.values()).scalar_one()
    return count


def count_pending(connection: Connection) -> int:
    """The number of requests that wait or are being worked on."""
    count: int = connection.execute(statement("slot_requests/count_pending")).scalar_one()
    return count


def claim_requests(
    connection: Connection, queue: Queue, *, claimed_by: str, limit: int, lease_seconds: float
) -> list[Request]:
    """Claim up to ``limit`` requests, oldest first, skipping what others are claiming; company by company.

    What ``claimed_by`` still holds comes first, and what it has closed counts towards ``limit``. The other waiting
    requests of the same companies come along, so that each company is asked about once. Requests there is nothing to
    ask for any more are cancelled on the way.
    """
    claim = {"claimed_by": claimed_by, "lease_seconds": lease_seconds}
    held = list(connection.execute(statement("slot_requests/renew_lease"), claim).scalars())
    closed = connection.execute(statement("slot_requests/count_closed"), {"claimed_by": claimed_by}).scalar_one()
    if (left := limit - closed - len(held)) > 0:
        values = queue.values() | claim | {"limit": left}
        held += connection.execute(statement("slot_requests/claim_requests"), values).scalars()
        values = queue.values() | claim | {"routing_ids": held}
        del values["company_unique_ids"]
        held += connection.execute(statement("slot_requests/claim_siblings"), values).scalars()
    if not held:
        return []
    connection.execute(statement("slot_requests/cancel_moot"), {"routing_ids": held})
    found = connection.execute(statement("slot_requests/claimed_requests"), {"routing_ids": held}).mappings()
    return [Request(**{**row, "answered_by": tuple(row["answered_by"])}) for row in found]


def cancel_requests(connection: Connection, reasons: Mapping[int, str], *, claimed_by: str) -> None:
    """Cancel requests (routing ids) that ``claimed_by`` holds, each with its reason; no attempt is counted."""
    rows = [{"routing_id": routing_id, "reason": reason} for routing_id, reason in sorted(reasons.items())]
    values = {"rows": to_json(rows), "claimed_by": claimed_by}
    connection.execute(statement("slot_requests/cancel_requests"), values)


def query_refused(connection: Connection, company_id: int) -> dict[str, list[Refused]]:
    """Those who are not the holder of a seat of a company, by seat."""
    found: dict[str, list[Refused]] = {}
    for row in connection.execute(statement("slot_requests/refused_people"), {"company_id": company_id}):
        found.setdefault(row.slot_type, []).append((row.linkedin_url, row.name_key))
    return found


def query_refused_among(connection: Connection, company_id: int, person_ids: Sequence[int]) -> set[tuple[str, int]]:
    """Those of ``person_ids`` who are not the holder of a seat of a company, each with the seat."""
    values = {"company_id": company_id, "person_ids": list(person_ids)}
    found = connection.execute(statement("slot_requests/refused_among"), values)
    return {(row.slot_type, row.person_id) for row in found}


def query_holding(connection: Connection, company_id: int, person_ids: Sequence[int]) -> set[int]:
    """Those of ``person_ids`` who hold a current role at a company."""
    values = {"company_id": company_id, "person_ids": list(person_ids)}
    return set(connection.execute(statement("slot_requests/held_roles_of"), values).scalars())


def renew_lease(connection: Connection, *, claimed_by: str, lease_seconds: float) -> int:
    """Hold everything claimed for another ``lease_seconds``. Returns how many requests that are."""
    values = {"claimed_by": claimed_by, "lease_seconds": lease_seconds}
    return len(connection.execute(statement("slot_requests/renew_lease"), values).all())


def release_requests(connection: Connection, *, claimed_by: str, reason: str) -> int:
    """Put everything still held back into the queue, unasked: no attempt is counted. Returns how many.

    Waits for nobody: requests that another transaction is ending at this moment are left to it.
    """
    values = {"claimed_by": claimed_by, "reason": reason}
    return connection.execute(statement("slot_requests/release_requests"), values).rowcount


def count_held(connection: Connection, *, claimed_by: str) -> int:
    """The number of requests that ``claimed_by`` holds."""
    count: int = connection.execute(statement("slot_requests/count_held"), {"claimed_by": claimed_by}).scalar_one()
    return count


def close_requests(connection: Connection, outcomes: Sequence[Outcome], *, claimed_by: str) -> None:
    """End requests with their outcomes; who found nobody counts as an attempt on the seat.

    Raises ``ClaimLost`` when one of them is not held any more; the transaction must then be rolled back.
    """
    routing_ids = [outcome.routing_id for outcome in outcomes]
    connection.execute(statement("slot_requests/lock_seats"), {"routing_ids": routing_ids})
    rows = [{name: value for name, value in asdict(outcome).items() if value is not None} for outcome in outcomes]
    values = {"outcomes": to_json(rows), "claimed_by": claimed_by}
    closed = connection.execute(statement("slot_requests/close_requests"), values).scalars().all()
    if sorted(closed) != sorted(routing_ids):
        raise ClaimLost(
            f"{len(routing_ids) - len(closed)} of {len(routing_ids)} requests are held by somebody else now"
        )


def summarize_batch(connection: Connection, claimed_by: Collection[str]) -> BatchSummary:
    """Count how the requests taken on under the names ``claimed_by`` ended."""
    found = connection.execute(statement("slot_requests/summarize_batch"), {"claimed_by": list(claimed_by)})
    return BatchSummary(**found.mappings().one())


# ----------------------------------------------------------------------------------------------------------- report
def summarize_run(connection: Connection, run_id: str) -> BatchSummary:
    """Count how the requests that all tasks of an Airflow run took on ended."""
    found = connection.execute(statement("slot_requests/summarize_run"), {"run_id": run_id})
    return BatchSummary(**found.mappings().one())


def query_found_by_run(connection: Connection, run_id: str, *, limit: int) -> Page[dict[str, Any]]:
    """The people an Airflow run found, by company and seat, with name, title, provider and cost."""
    values = {"run_id": run_id, "limit": limit}
    return page_of(connection.execute(statement("slot_requests/found_by_run"), values).mappings().all())


def query_reasons_of_run(connection: Connection, run_id: str) -> Sequence[RowMapping]:
    """The reasons why requests of an Airflow run ended without a person (or were put back, ``queued``), with counts."""
    return connection.execute(statement("slot_requests/reasons_of_run"), {"run_id": run_id}).mappings().all()


# --------------------------------------------------------------------------------------------------------- reopening
def count_closed_by_run(connection: Connection, run_id: str) -> dict[str | None, int]:
    """How many seats are closed now for which an Airflow run found nobody, by the reason it gave."""
    found = connection.execute(statement("slot_requests/count_closed_by_run"), {"run_id": run_id})
    return {row.reason: row.seats for row in found}


def reopen_closed(connection: Connection, run_id: str, *, reason: str | None = None) -> int:
    """Open the closed seats for which an Airflow run found nobody (for a ``reason``, if given). Returns how many.

    Their attempts start afresh; the next evaluation queues requests for them.
    """
    values = {"run_id": run_id, "reason": reason}
    ids = connection.execute(statement("slot_requests/closed_by_run"), values).scalars().all()
    if not ids:
        return 0
    return connection.execute(statement("slot_requests/reopen_closed"), {"ids": list(ids)}).rowcount
