"""The queries people watch the backfill with, as they are known, and the statement another program asks with."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, text

from tests.db.factories import add_companies, add_person, claim, close, evaluate, from_outside, nobody_found, requests

PENDING = """
SELECT
    pri.company_name,
    pri.slot_type,
    pri.enrichment_attempt,
    pri.created_at,
    arl.status AS routing_status
FROM intake.people_raw_intake pri
LEFT JOIN public.agent_routing_log arl
    ON arl.record_id = pri.id::text
    AND arl.record_type = 'person_slot_backfill'
WHERE pri.source_system = 'slot_backfill'
    AND pri.validated = FALSE
ORDER BY pri.created_at DESC
LIMIT 50;
"""
PROGRESS = """
SELECT
    slot_type,
    COUNT(*) AS total_backfills,
    COUNT(*) FILTER (WHERE validated = TRUE) AS validated,
    COUNT(*) FILTER (WHERE validated = FALSE) AS pending,
    ROUND(100.0 * COUNT(*) FILTER (WHERE validated = TRUE) / COUNT(*), 1) AS validation_rate
FROM intake.people_raw_intake
WHERE source_system = 'slot_backfill'
GROUP BY slot_type
ORDER BY slot_type;
"""
ROUTING = """
SELECT
    routing_reason,
    status,
    COUNT(*) AS count,
    MIN(routed_at) AS first_routed,
    MAX(routed_at) AS last_routed
FROM public.agent_routing_log
WHERE record_type = 'person_slot_backfill'
    AND routed_at >= NOW() - INTERVAL '7 days'
GROUP BY routing_reason, status
ORDER BY routing_reason, status;
"""
REQUEST = """
INSERT INTO intake.people_raw_intake (
    company_unique_id,
    company_name,
    source_system,
    slot_type,
    backfill_source,
    enrichment_attempt,
    validated,
    created_at
) VALUES (
    %s, %s, %s, %s, %s, %s, FALSE, NOW()
)
ON CONFLICT (company_unique_id, slot_type)
WHERE source_system = 'slot_backfill' AND validated = FALSE
DO UPDATE SET
    enrichment_attempt = EXCLUDED.enrichment_attempt,
    updated_at = NOW()
RETURNING id;
"""
ROUTE = """
INSERT INTO public.agent_routing_log (
    record_type,
    record_id,
    garage_bay,
    agent_name,
    routing_reason,
    routed_at,
    status
) VALUES (
    %s, %s, %s, %s, %s, NOW(), %s
);
"""


def asked(connection: Connection, query: str) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.exec_driver_sql(query).mappings()]


@pytest.fixture
def situation(connection: Connection) -> tuple[int, int, int]:
    """Acme's CEO was found at once, its CFO not; Globex' CFO at the second attempt, Initech's CEO known all along."""
    acme, globex, initech = add_companies(connection, "Acme", "Globex", "Initech")
    add_person(connection, initech, "Ann Ive", "CEO")
    evaluate(connection)
    ids = {row["company_name"]: (row["company_unique_id"],) for row in requests(connection)}
    close(connection, claim(connection, company_unique_ids=ids["Acme"], slot_types=("CEO",)), full_name="Ann Ace")
    add_person(connection, acme, "Ann Ace", "CEO")
    nobody_found(connection, company_unique_ids=ids["Acme"], slot_types=("CFO",))
    nobody_found(connection, company_unique_ids=ids["Globex"], slot_types=("CFO",))
    evaluate(connection)
    close(
        connection,
        claim(connection, "b", company_unique_ids=ids["Globex"], slot_types=("CFO",)),
        "b",
        full_name="Bea Gee",
    )
    add_person(connection, globex, "Bea Gee", "CFO")
    evaluate(connection)
    claim(connection, "c", company_unique_ids=ids["Initech"], slot_types=("HR",))
    return acme, globex, initech


def test_requests_that_wait(connection: Connection, situation: tuple[int, int, int]) -> None:
    """A request that was made twice is listed with each of its routing rows."""
    for number, row in enumerate(requests(connection)):
        connection.execute(
            text("update intake.people_raw_intake set created_at = :at where id = :id"),
            {"at": datetime(2025, 1, 1, minute=min(number, 59), tzinfo=UTC), "id": row["id"]},
        )
    found = asked(connection, PENDING)
    listed = sorted(
        (row["company_name"], row["slot_type"], row["enrichment_attempt"], row["routing_status"]) for row in found
    )
    assert listed == [
        ("Acme", "CFO", 2, "failed"), ("Acme", "CFO", 2, "queued"), ("Acme", "HR", 1, "queued"),
        ("Globex", "CEO", 1, "queued"), ("Globex", "HR", 1, "queued"),
        ("Initech", "CFO", 1, "queued"), ("Initech", "HR", 1, "running"),
    ]  # fmt: skip
    assert [row["created_at"] for row in found] == sorted((row["created_at"] for row in found), reverse=True)


def test_no_more_than_fifty_are_listed(connection: Connection) -> None:
    add_companies(connection, *[f"Company {i}" for i in range(17)])
    evaluate(connection)
    assert (len(asked(connection, PENDING)), len(requests(connection))) == (50, 51)


def test_progress_by_seat(connection: Connection, situation: tuple[int, int, int]) -> None:
    found = [(*row.values(),) for row in asked(connection, PROGRESS)]
    assert [(*row[:4], str(row[4])) for row in found] == [
        ("CEO", 2, 1, 1, "50.0"), ("CFO", 3, 1, 2, "33.3"), ("HR", 3, 0, 3, "0.0"),
    ]  # fmt: skip


def test_routing_of_the_last_week(connection: Connection, situation: tuple[int, int, int]) -> None:
    expected = {
        ("slot_backfill_CEO_attempt_1", "completed"): 1,
        ("slot_backfill_CEO_attempt_1", "queued"): 1,
        ("slot_backfill_CFO_attempt_1", "failed"): 2,
        ("slot_backfill_CFO_attempt_1", "queued"): 1,
        ("slot_backfill_CFO_attempt_2", "completed"): 1,
        ("slot_backfill_CFO_attempt_2", "queued"): 1,
        ("slot_backfill_HR_attempt_1", "queued"): 2,
        ("slot_backfill_HR_attempt_1", "running"): 1,
    }
    found = asked(connection, ROUTING)
    assert {(row["routing_reason"], row["status"]): row["count"] for row in found} == expected
    assert [(row["routing_reason"], row["status"]) for row in found] == list(expected)
    assert all(row["first_routed"] == row["last_routed"] for row in found), "one transaction"
    connection.execute(
        text(
            "update public.agent_routing_log set routed_at = now() - interval '8 days' "
            "where routing_reason not like '%_CFO_%'"
        )
    )
    assert {row["routing_reason"] for row in asked(connection, ROUTING)} == {
        "slot_backfill_CFO_attempt_1", "slot_backfill_CFO_attempt_2",
    }  # fmt: skip


def test_nothing_to_watch(connection: Connection) -> None:
    assert [asked(connection, query) for query in (PENDING, PROGRESS, ROUTING)] == [[], [], []]


def test_another_program_may_ask_as_it_always_did(connection: Connection) -> None:
    """The same request twice is one row with its last attempt; routed, it is claimed and counted like our own."""
    add_companies(connection, "Acme")
    evaluate(connection, slot_types=("HR",))
    company: str = connection.execute(text("select company_unique_id from companies")).scalar_one()
    found = [
        connection.exec_driver_sql(
            REQUEST, (company, "Acme", "slot_backfill", "CEO", "slot_evaluation", attempt)
        ).scalar_one()
        for attempt in (1, 2)
    ]
    assert found[0] == found[1]
    connection.exec_driver_sql(
        ROUTE,
        (
            "person_slot_backfill",
            str(found[0]),
            "bay_a",
            "b2_enrichment_agent",
            "slot_backfill_CEO_attempt_2",
            "queued",
        ),
    )
    assert [(row["slot_type"], row["enrichment_attempt"], row["validated"]) for row in requests(connection)] == [
        ("HR", 1, False), ("CEO", 2, False),
    ]  # fmt: skip
    assert evaluate(connection).backfill_triggered == 1, "only for the CFO"
    claimed = claim(connection)
    assert [(request.slot_type, request.attempt) for request in claimed] == [("CEO", 2), ("CFO", 1), ("HR", 1)]
    # Once it is validated, the seat may be asked for again.
    connection.execute(text("update intake.people_raw_intake set validated = true where id = :id"), {"id": found[0]})
    again = connection.exec_driver_sql(REQUEST, (company, "Acme", "slot_backfill", "CEO", "manual", 1)).scalar_one()
    assert again != found[0]


def test_the_tables_are_counted_as_they_always_were(connection: Connection) -> None:
    add_companies(connection, "Acme", "Globex")
    evaluate(connection)
    from_outside(connection, "failed")
    evaluate(connection)
    counts = [
        connection.exec_driver_sql(query).scalar_one()
        for query in (
            "SELECT COUNT(*) FROM intake.people_raw_intake WHERE source_system='slot_backfill';",
            "SELECT COUNT(*) FROM public.agent_routing_log WHERE record_type='person_slot_backfill';",
        )
    ]
    assert counts == [6, 12]
