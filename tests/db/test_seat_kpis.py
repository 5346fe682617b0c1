"""The figures of seats and requests, against scenarios small enough to be counted by hand."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from prospecting.agents.searches import PeopleSearch, Search, SeatSearch
from prospecting.persistence import agent_calls
from prospecting.persistence.seat_kpis import (
    fill_rate_lines,
    query_fill_rates,
    query_fill_rates_on,
    query_request_kpis,
    request_kpi_lines,
)
from prospecting.services.reports.report import Table
from prospecting.services.reports.slots import fill_rates, request_kpis
from scripts.report.console import print_rows
from tests.db.acting import act_as, reset
from tests.db.evaluating import delete
from tests.db.factories import add_companies, add_person, claim, close, end_roles, evaluate
from tests.db.queueing import route

PASSING = {
    "slot_transitions": ("changed_at",),
    "agent_routing_log": ("routed_at", "completed_at", "settled_at"),
    "agent_calls": ("started_at", "finished_at"),
}


def let_pass(connection: Connection, days: float) -> None:
    """Everything on record was so many days earlier."""
    connection.execute(text("set local session_replication_role = replica"))
    for table, columns in PASSING.items():
        moved = ", ".join(f"{column} = {column} - make_interval(secs => :seconds)" for column in columns)
        connection.execute(text(f"update {table} set {moved}"), {"seconds": days * 86_400})
    connection.execute(text("set local session_replication_role = origin"))


def days_ago(connection: Connection, days: int) -> date:
    now: datetime = connection.execute(text("select now()")).scalar_one()
    return (now - timedelta(days=days)).astimezone(UTC).date()


def rates(connection: Connection) -> dict[str, tuple[int, int, Decimal | None, bool | None]]:
    return {r.slot_type: (r.filled, r.seats, r.fill_rate, r.is_met) for r in query_fill_rates(connection)}


def shown(table: Table) -> list[str]:
    screen = Console(file=StringIO(), width=160, highlight=False)
    print_rows(screen, table)
    assert isinstance(screen.file, StringIO)
    return [" ".join(line.split()) for line in screen.file.getvalue().splitlines()]


# ------------------------------------------------------------------ fill rates
def test_fill_rates_by_seat_and_day(connection: Connection) -> None:
    """Four companies, later one of them merged and one deleted; a seat is filled, and another loses its holder."""
    acme, globex, initech, hooli = add_companies(connection, "Acme", "Globex", "Initech", "Hooli")
    ann = add_person(connection, acme, "Ann Poe", "CEO")
    evaluate(connection)
    assert rates(connection)["CEO"] == (1, 4, Decimal("25.00"), False)
    let_pass(connection, 10)
    add_person(connection, globex, "Bea Poe", "CEO & CFO")
    evaluate(connection)
    let_pass(connection, 10)
    end_roles(connection, ann)
    evaluate(connection)
    connection.execute(
        text("update companies set merged_into_id = :globex where id = :hooli"), {"globex": globex, "hooli": hooli}
    )
    assert rates(connection) == {
        "CEO": (1, 3, Decimal("33.33"), False),
        "CFO": (1, 3, Decimal("33.33"), False),
        "HR": (0, 3, Decimal("0.00"), False),
    }
    delete(connection, "companies", initech)
    assert rates(connection)["CEO"] == (1, 2, Decimal("50.00"), False)

    numbers = {
        days: tuple(
            (row.filled, row.seats)
            for row in connection.execute(
                text("select filled, seats from seat_fill_rates_daily where day = :day order by slot_type"),
                {"day": days_ago(connection, days)},
            )
        )
        for days in (21, 20, 11, 10, 1, 0)
    }
    assert numbers == {
        21: (),
        20: ((1, 3), (0, 3), (0, 3)),
        11: ((1, 3), (0, 3), (0, 3)),
        10: ((2, 3), (1, 3), (0, 3)),
        1: ((2, 3), (1, 3), (0, 3)),
        0: ((1, 2), (1, 2), (0, 2)),
    }
    before = days_ago(connection, 7)
    assert query_fill_rates_on(connection, [before, days_ago(connection, 28)]) == {
        (before, "CEO"): Decimal("66.67"),
        (before, "CFO"): Decimal("33.33"),
        (before, "HR"): Decimal("0.00"),
    }
    assert (
        fill_rate_lines(query_fill_rates(connection))[0]
        == "Fill Rate CEO: 50.0% (1/2), weak holders not counted: 0, target 80%: missed"
    )
    assert shown(fill_rates(connection))[-4:] == [
        "seat filled weak of now 7 days ago 28 days ago target target met",
        "CEO 1 0 2 50.0 66.7 - 80 no",
        "CFO 1 0 2 50.0 33.3 - 70 no",
        "HR 0 0 2 0.0 0.0 - 60 no",
    ]


def test_a_target_is_met_exactly(connection: Connection) -> None:
    assert rates(connection) == dict.fromkeys(("CEO", "CFO", "HR"), (0, 0, None, None))
    companies = add_companies(connection, *(f"Company {number}" for number in range(10)))
    for number, company in enumerate(companies):
        titles = [title for title, few in (("CEO", 8), ("CFO", 6), ("HR Manager", 7)) if number < few]
        for title in titles:
            add_person(connection, company, f"Ann {title.replace(' ', '')}", title)
    evaluate(connection)
    assert {seat: (filled, is_met) for seat, (filled, _, _, is_met) in rates(connection).items()} == {
        "CEO": (8, True),
        "CFO": (6, False),
        "HR": (7, True),
    }


def test_weak_holders_are_counted_apart(connection: Connection) -> None:
    """When a holder turns out to be a weak one, and when not any more; yesterday stays as it was."""
    acme, globex = add_companies(connection, "Acme", "Globex")
    add_person(connection, acme, "Ann Poe", "CEO")
    add_person(connection, globex, "Bea Poe", "CEO")
    evaluate(connection)
    let_pass(connection, 1)

    def today() -> tuple[Any, ...]:
        (now,) = (r for r in query_fill_rates(connection) if r.slot_type == "CEO")
        by_day = connection.execute(
            text("select filled, weak, seats from seat_fill_rates_daily where slot_type = 'CEO' order by day desc")
        ).all()
        assert (now.filled, now.weak, now.seats) == tuple(by_day[0])
        assert tuple(by_day[1]) == (2, 0, 2)
        return now.filled, now.weak, now.fill_rate

    def judge(is_weak: bool) -> None:
        connection.execute(
            text(
                "update company_slot set is_weak = :is_weak where slot_type = 'CEO' "
                "and company_unique_id = (select company_unique_id from companies where id = :acme)"
            ),
            {"is_weak": is_weak, "acme": acme},
        )

    judge(is_weak=True)
    assert today() == (1, 1, Decimal("50.00"))
    judge(is_weak=False)
    assert today() == (2, 0, Decimal("100.00"))


# ------------------------------------------------------------------ requests
def call(connection: Connection, scope: str, provider: str, search: Search, usd: str, status: str = "succeeded") -> int:
    """A call in the ledger that ended so; ``usd`` was reserved, and is what it cost when it has succeeded."""
    key = search.key(provider)
    call_id = agent_calls.open_call(
        connection,
        scope=scope,
        agent=search.agent,
        provider=provider,
        request_key=key,
        request=search.to_request(),
        reserved_usd=Decimal(usd),
    )
    if status == "succeeded":
        agent_calls.finish_call(
            connection,
            call_id,
            response=b"{}",
            latency_ms=1,
            input_tokens=1,
            output_tokens=1,
            cost_usd=Decimal(usd),
            ttl_seconds=3600,
        )
    elif status == "abandoned":
        agent_calls.abandon_unfinished(connection, scope=scope, request_key=key)
    elif status != "started":
        agent_calls.fail_call(
            connection, call_id, error_kind=status, error_message="no", cost_usd=Decimal(0), http_status=429
        )
    return call_id


def kpis(connection: Connection, period: str) -> dict[str, tuple[float, int, Decimal | None, bool | None]]:
    return {
        name: (float(kpi.part), kpi.whole, kpi.value, kpi.is_met)
        for (name, of), kpi in query_request_kpis(connection).items()
        if of == period
    }


def test_what_requests_have_come_to(connection: Connection) -> None:
    add_companies(connection, "Acme", "Globex")
    evaluate(connection)
    claimed = claim(connection, "run 1 1/1", limit=5, slot_types=("CEO", "CFO"))
    assert len(claimed) == 4
    close(connection, claimed[:2], "run 1 1/1", full_name="Ann Poe", title="CEO", cost_usd=Decimal("0.3"))
    close(connection, claimed[2:], "run 1 1/1", error="Nobody was found", cost_usd=Decimal("0.1"))
    # An agent of somebody else: one person, and one end without any.
    by_others = claim(connection, "my-agent")
    connection.execute(text("update agent_routing_log set cost_credits = 0.5 where claimed_by = 'my-agent'"))
    connection.execute(
        text("update intake.people_raw_intake set validated = true where id = :id"), {"id": by_others[0].intake_id}
    )
    connection.execute(
        text("update agent_routing_log set status = 'completed', completed_at = now() where claimed_by = 'my-agent'")
    )
    # One was closed a minute too late, one after exactly a day.
    for request, waited in ((claimed[0], "24 hours 1 minute"), (claimed[1], "24 hours")):
        connection.execute(
            text("update agent_routing_log set routed_at = completed_at - cast(:waited as interval) "
                 "where routing_id = :id"),
            {"waited": waited, "id": request.routing_id},
        )  # fmt: skip
    # Two open requests for one seat, both younger than a day: the second is a duplicate, the first one is none.
    for _ in range(2):
        intake: int = connection.execute(
            text(
                "insert into intake.people_raw_intake (company_unique_id, source_system, slot_type, validated) "
                "values (:company, 'slot_backfill', 'HR', true) returning id"
            ),
            {"company": by_others[0].company_unique_id},
        ).scalar_one()
        route(connection, str(intake))

    ledger: list[tuple[str, str, Search, str, str]] = [
        ("slot_backfill:1", "llm", SeatSearch("Acme"), "0.6", "succeeded"),
        ("slot_backfill:1", "llm", SeatSearch("Globex"), "0.5", "abandoned"),
        ("slot_backfill:1", "llm", SeatSearch("Globex", attempt=2), "0.7", "rate_limited"),
        ("slot_backfill:1", "llm", SeatSearch("Globex", attempt=3), "0.2", "started"),
        ("slot_backfill:1", "catalog", SeatSearch("Acme"), "0", "succeeded"),
        ("execution:1", "llm", PeopleSearch("Acme"), "100", "succeeded"),
    ]
    paid, *_ = [call(connection, *entry) for entry in ledger]
    agent_calls.reuse_answer(connection, scope="slot_backfill:2", call_id=paid)

    found = kpis(connection, "ever")
    assert found == kpis(connection, "last 30 days")
    assert found == {
        "attempts_per_fill": (6, 3, Decimal("2.00"), False),
        # 0.6 paid once however often it is used, 0.5 and 0.2 reserved, 2 x 0.5 by the agent of somebody else.
        "usd_per_fill": (2.3, 3, Decimal("0.77"), True),
        "closed_within_24_hours_percent": (5, 6, Decimal("83.33"), False),
        "duplicate_requests_percent": (1, 8, Decimal("12.50"), False),
        "rate_limited_calls_percent": (1, 3, Decimal("33.33"), False),
    }
    assert request_kpi_lines(query_request_kpis(connection)) == [
        "Attempts per fill: 2.00 in the last 30 days, 2.00 ever, target < 2: missed",
        "US dollars per fill: 0.77 in the last 30 days, 0.77 ever, target < 2: met",
        "Closed within 24 hours, %: 83.33 in the last 30 days, 83.33 ever, target >= 95: missed",
        "Duplicate requests, %: 12.50 in the last 30 days, 12.50 ever, target < 1: missed",
        "Calls failed by rate limits, %: 33.33 in the last 30 days, 33.33 ever, target < 5: missed",
    ]

    # A month later nothing is new, and what was open is overdue.
    let_pass(connection, 31)
    assert kpis(connection, "ever") == found | {"closed_within_24_hours_percent": (5, 8, Decimal("62.50"), False)}
    assert set(kpis(connection, "last 30 days").values()) == {(0, 0, None, None)}
    assert shown(request_kpis(connection))[-5:-3] == [
        "Attempts per fill - 2.00 < 2 -",
        "US dollars per fill - 0.77 < 2 -",
    ]


def test_effort_without_anybody_found_misses_its_targets(connection: Connection) -> None:
    add_companies(connection, "Acme")
    evaluate(connection)
    close(connection, claim(connection, "run 1 1/1"), "run 1 1/1")
    call(connection, "slot_backfill:1", "llm", SeatSearch("Acme"), "0.6")
    found = kpis(connection, "ever")
    assert found["attempts_per_fill"] == (3, 0, None, False)
    assert found["usd_per_fill"] == (0.6, 0, None, False)
    assert found["closed_within_24_hours_percent"] == (3, 3, Decimal("100.00"), True)
    assert found["rate_limited_calls_percent"] == (0, 1, Decimal("0.00"), True)


@pytest.mark.parametrize("view", ["seat_fill_rates", "seat_fill_rates_daily", "seat_request_kpis"])
def test_tasks_may_read_the_figures_and_the_api_may_not(connection: Connection, view: str) -> None:
    act_as(connection, "prospecting_app")
    connection.execute(text(f"select * from {view}")).all()
    reset(connection)
    act_as(connection, "prospecting_api")
    with pytest.raises(DBAPIError, match="permission denied"):
        connection.execute(text(f"select * from {view}"))


# ------------------------------------------------------------------ the history of seats
RUNBOOK = Path(__file__).resolve().parents[2] / "docs" / "runbooks" / "slots.md"


def documented(title: str) -> str:
    """The query below this comment in the runbook, about one run."""
    (found,) = re.findall(rf"^-- {title}.*?\n(.*?);$", RUNBOOK.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    query: str = found
    return query.replace("<run id>", "run 3")


@pytest.mark.parametrize(
    ("question", "index"),
    [
        ("The life of one company's seats", "ix_slot_transitions_company_slot_unique_id"),
        ("Who lost a seat since the last good evaluation", "ix_slot_transitions_lost"),
        ("What one run changed", "ix_slot_transitions_written_by"),
    ],
)
def test_the_questions_to_history_have_their_indexes(connection: Connection, question: str, index: str) -> None:
    connection.execute(
        text(
            "insert into task_attempts (dag_id, run_id, task_id, map_index, try_number) "
            "select 'slot_evaluation', 'run ' || n, 'evaluate_chunk', 0, 1 from generate_series(1, 50) as n"
        )
    )
    connection.execute(text("set local session_replication_role = replica"))
    connection.execute(
        text(
            "insert into slot_transitions (company_slot_unique_id, company_unique_id, slot_type, transition, status, "
            "enrichment_attempts, changed_at, written_by) "
            "select slot_unique_id(c.id, 'CEO'), c.id, 'CEO', "
            "       case when n % 100 = 0 then 'reopened' when n % 2 = 0 then 'open' else 'requested' end, 'open', 0, "
            "       now() - make_interval(hours => n / 10), (select min(id) from task_attempts) + n / 100 "
            "from generate_series(0, 4999) as n "
            "cross join lateral (select concat('04.04.01.', lpad((n % 1000 % 100)\\:\\:text, 2, '0'), '.', "
            "       lpad((n % 1000)\\:\\:text, 5, '0'), '.', lpad((n % 1000)\\:\\:text, 3, '0')) as id) as c"
        )
    )
    connection.execute(text("analyze slot_transitions"))
    connection.execute(text("analyze task_attempts"))
    plan = "\n".join(connection.execute(text(f"explain {documented(question)}")).scalars())
    assert index in plan, plan
