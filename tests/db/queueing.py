"""Looking at the queue of backfill requests, and writing into it as others do."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import Connection, text

from prospecting.persistence.slot_requests import Request
from tests.db.factories import requests


def asked(claimed: list[Request]) -> list[tuple[str, str]]:
    return [(request.company_name, request.slot_type) for request in claimed]


def routing_ids(claimed: list[Request]) -> set[int]:
    return {request.routing_id for request in claimed}


def tally(connection: Connection) -> dict[str, int]:
    return dict(Counter(row["status"] for row in requests(connection)))


def route(
    connection: Connection, record_id: str, status: str = "queued", record_type: str = "person_slot_backfill"
) -> int:
    """A routing row that somebody else has written."""
    found: int = connection.execute(
        text(
            "insert into agent_routing_log (record_type, record_id, garage_bay, status) "
            "values (:record_type, :record_id, 'bay_a', :status) returning routing_id"
        ),
        {"record_type": record_type, "record_id": record_id, "status": status},
    ).scalar_one()
    return found


def let_expire(connection: Connection) -> None:
    connection.execute(text("update agent_routing_log set lease_expires_at = now() - interval '1 second'"))


def ask_again(connection: Connection) -> int:
    """Somebody else asks for the CEO, whose first request has had an answer."""
    intake: int = connection.execute(
        text(
            "insert into intake.people_raw_intake (company_unique_id, company_name, source_system, slot_type) "
            "select company_unique_id, name, 'slot_backfill', 'CEO' from companies returning id"
        )
    ).scalar_one()
    return route(connection, str(intake))
