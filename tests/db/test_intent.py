"""Whose activity rises, as stored: what counts as activity, when, and that only news is written."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from sqlalchemy import Connection, Engine, text

from prospecting.persistence.database import unit_of_work
from prospecting.persistence.intent import IntentCounts, detect_intent, query_intent
from prospecting.persistence.statements import statement
from tests.db.factories import at_once, count, stored, versions
from tests.db.recommending import COLLEAGUE, NOW, add_accounts, days_ago, interact, research


def detect(connection: Connection, as_of: datetime = NOW) -> IntentCounts:
    return detect_intent(connection, as_of=as_of)


def levels(connection: Connection) -> dict[str, tuple[str, int]]:
    rows = stored(connection, "account_intent", "account_domain, level, activity", "account_domain")
    return {row["account_domain"]: (row["level"], row["activity"]) for row in rows}


@pytest.fixture
def world(connection: Connection) -> None:
    """One account surges, one rises, one is as busy as ever, one is quiet, one was busy once."""
    add_accounts(connection, "surging.com", "rising.com", "steady.com", "quiet.com", "former.com")
    interact(connection, "surging.com", "viewed", days_ago(2), times=9)
    interact(connection, "surging.com", "viewed", days_ago(50), times=8)
    interact(connection, "rising.com", "opened_research", days_ago(1), days_ago(3), days_ago(9))
    interact(connection, "steady.com", "viewed", *[days_ago(day + 0.5) for day in range(98)])
    interact(connection, "former.com", "viewed", days_ago(20), times=50)


@pytest.mark.usefixtures("world")
def test_what_is_found_is_stored(connection: Connection) -> None:
    assert detect(connection) == IntentCounts(rising=1, surging=1, written=2, cleared=0)
    (rising, surging) = stored(connection, "account_intent", order="account_domain")
    assert (surging["account_domain"], surging["level"], surging["activity"]) == ("surging.com", "surging", 9)
    assert (surging["expected"], surging["lift"]) == (Decimal("1.50"), Decimal("6.00"))
    assert surging["reasons"] == ["9 actions in 14 days, 1.5 expected from the 12 weeks before"]
    assert surging["observed_on"] == date(2026, 6, 15)
    assert (rising["account_domain"], rising["level"], rising["activity"]) == ("rising.com", "rising", 3)


@pytest.mark.usefixtures("world")
def test_the_strongest_are_read_first(connection: Connection) -> None:
    interact(connection, "quiet.com", "viewed", days_ago(1), times=4)
    detect(connection)
    found = query_intent(connection)
    assert [(row["account_domain"], row["level"], row["lift"]) for row in found] == [
        ("quiet.com", "surging", 24),
        ("surging.com", "surging", 6),
        ("rising.com", "rising", 18),
    ]
    strongest = query_intent(connection, limit=1)
    assert ([row["account_domain"] for row in strongest], strongest.total) == (["quiet.com"], 3)


def test_nobody_did_anything(connection: Connection) -> None:
    add_accounts(connection, "acme.com")
    before = versions(connection)
    assert detect(connection) == IntentCounts(0, 0, 0, 0)
    assert versions(connection) == before


# --------------------------------------------------------------------------------------------------- what counts
def test_everybodys_clicks_and_research_that_succeeded_count_but_not_losing(connection: Connection) -> None:
    add_accounts(connection, "acme.com")
    for kind in ("viewed", "opened_research", "contacted", "meeting_booked", "deal_won"):
        interact(connection, "acme.com", kind, days_ago(1), user=COLLEAGUE)
    interact(connection, "acme.com", "viewed", days_ago(2))
    interact(connection, "acme.com", "deal_lost", days_ago(1), days_ago(2))
    for status in ("success", "error", "timeout"):
        research(connection, "acme.com", days_ago(1), status=status)
    # However often it is tried again, that is our doing.
    research(connection, "acme.com", *[days_ago(day) for day in range(1, 9)], status="network_error")
    detect(connection)
    assert levels(connection) == {"acme.com": ("surging", 7)}


def test_a_domain_that_is_no_account_yet_waits(connection: Connection) -> None:
    interact(connection, "acme.com", "viewed", days_ago(1), times=9)
    assert detect(connection) == IntentCounts(0, 0, 0, 0)
    add_accounts(connection, "acme.com")
    assert detect(connection) == IntentCounts(0, 1, 1, 0)


def test_the_windows_begin_and_end_sharply(connection: Connection) -> None:
    instant = timedelta(microseconds=1)
    add_accounts(connection, "acme.com", "past.com", "older.com", "later.com")
    interact(connection, "acme.com", "viewed", NOW - instant, days_ago(14), days_ago(7), times=2)
    for domain, moment in {
        "past.com": days_ago(14) - instant,  # counts against
        "older.com": days_ago(98) - instant,  # is forgotten
        "later.com": NOW,  # has not happened
    }.items():
        interact(connection, domain, "viewed", days_ago(1), times=4)
        interact(connection, domain, "viewed", moment, times=6)
    detect(connection)
    assert levels(connection) == {"acme.com": ("surging", 6), "older.com": ("surging", 4), "later.com": ("surging", 4)}


def test_a_moment_is_the_same_in_every_time_zone(connection: Connection) -> None:
    """Also in a session where the clock was put forward within the windows."""
    connection.execute(text("set local timezone = 'Europe/Berlin'"))
    add_accounts(connection, "acme.com")
    as_of = datetime(2026, 4, 5, 23, 30, tzinfo=UTC)
    interact(connection, "acme.com", "viewed", as_of - timedelta(days=14), times=4)
    interact(connection, "acme.com", "viewed", as_of - timedelta(days=98, microseconds=1), times=50)
    assert detect(connection, as_of).surging == 1
    (row,) = stored(connection, "account_intent")
    assert row["observed_on"] == date(2026, 4, 5)
    before = versions(connection)
    assert detect(connection, as_of.astimezone(timezone(timedelta(hours=9)))).written == 0
    assert versions(connection) == before


def test_a_time_without_zone_is_refused(connection: Connection) -> None:
    with pytest.raises(ValueError, match="no time zone: give it one"):
        detect(connection, datetime(2026, 6, 15))  # noqa: DTZ001


# ------------------------------------------------------------------------------------------------ again and at once
@pytest.mark.usefixtures("world")
def test_again_writes_nothing_not_even_on_a_later_day_with_the_same_numbers(connection: Connection) -> None:
    detect(connection)
    before = versions(connection)
    assert detect(connection) == IntentCounts(rising=1, surging=1, written=0, cleared=0)
    assert detect(connection, NOW + timedelta(days=1)).written == 0
    assert versions(connection) == before


@pytest.mark.usefixtures("world")
def test_only_news_is_written_and_who_calms_down_is_removed(connection: Connection) -> None:
    detect(connection)
    before = versions(connection)["account_intent"]
    interact(connection, "rising.com", "viewed", days_ago(1))
    assert detect(connection) == IntentCounts(rising=0, surging=2, written=1, cleared=0)
    assert len(versions(connection)["account_intent"] & before) == 1
    # An action is a matter of the past by then.
    assert detect(connection, NOW + timedelta(days=7)) == IntentCounts(rising=0, surging=1, written=0, cleared=1)
    assert levels(connection) == {"surging.com": ("surging", 9)}
    assert detect(connection, NOW + timedelta(days=30)) == IntentCounts(0, 0, 0, cleared=1)
    assert count(connection, "account_intent") == 0


def test_many_accounts_are_read_in_portions(connection: Connection) -> None:
    domains = [f"{number}.com" for number in range(6_000)]
    add_accounts(connection, *domains)
    interact(connection, "0.com", "viewed", days_ago(1))
    connection.execute(
        text(
            "insert into user_interactions (user_id, account_domain, interaction_type, created_at) "
            "select user_id, domain, 'viewed', created_at "
            "from user_interactions, unnest(cast(:domains as text[])) as d (domain), generate_series(1, 3)"
        ),
        {"domains": domains},
    )
    assert detect(connection) == IntentCounts(rising=5_999, surging=1, written=6_000, cleared=0)
    assert detect(connection) == IntentCounts(rising=5_999, surging=1, written=0, cleared=0)


def test_accounts_nobody_counted_yet_are_not_all_held_against_each_other(engine: Engine) -> None:
    """As after a load that was undone: PostgreSQL takes tables for empty that are about to be full."""
    with engine.connect() as connection:
        add_accounts(connection, *(f"{number}.com" for number in range(500)))
        interact(connection, "0.com", "viewed", days_ago(1), times=500)
        connection.rollback()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("analyze accounts, user_interactions"))
    with engine.connect() as connection:
        window = {"since": days_ago(60), "window_start": days_ago(14), "until": NOW}
        plan = connection.execute(text(f"explain {statement('intent/count_activity').text}"), window).scalars().all()
    assert "Nested Loop" not in "\n".join(plan), plan


def test_two_at_once_find_the_same(engine: Engine) -> None:
    with unit_of_work(engine) as connection:
        add_accounts(connection, "acme.com", "globex.com", "calm.com")
        for domain in ("acme.com", "globex.com"):
            interact(connection, domain, "viewed", days_ago(1), times=9)
        interact(connection, "calm.com", "viewed", days_ago(30), times=9)
        detect(connection, days_ago(20))
        assert levels(connection) == {"calm.com": ("surging", 9)}
    found = at_once(engine, [detect, detect])
    assert {(counts.rising, counts.surging) for counts in found} == {(0, 2)}
    assert sorted((counts.written, counts.cleared) for counts in found) == [(0, 0), (2, 1)]


def test_two_at_once_that_disagree_leave_what_one_of_them_found(engine: Engine) -> None:
    with unit_of_work(engine) as connection:
        add_accounts(connection, "former.com", "present.com")
        interact(connection, "former.com", "viewed", days_ago(61), times=9)
        interact(connection, "present.com", "viewed", days_ago(1), times=9)

    def detect_now() -> IntentCounts:
        with unit_of_work(engine) as connection:
            return detect(connection)

    with ThreadPoolExecutor(1) as pool:
        with unit_of_work(engine) as connection:
            detect(connection, days_ago(60))
            other = pool.submit(detect_now)
            # It waits, and must not be done before this transaction is.
            with suppress(TimeoutError):
                other.result(timeout=0.3)
        assert other.result(timeout=60) == IntentCounts(rising=0, surging=1, written=1, cleared=1)
    with engine.connect() as connection:
        assert levels(connection) == {"present.com": ("surging", 9)}


def test_a_detection_killed_midway_leaves_what_was_there(engine: Engine) -> None:
    with unit_of_work(engine) as connection:
        add_accounts(connection, "acme.com")
        interact(connection, "acme.com", "viewed", days_ago(1), times=9)
    with engine.connect() as connection, engine.connect() as killer:
        assert detect(connection).written == 1
        pid = connection.execute(text("select pg_backend_pid()")).scalar_one()
        killer.execute(text("select pg_terminate_backend(:pid, 5000)"), {"pid": pid})
        connection.invalidate()
    with unit_of_work(engine) as connection:
        assert count(connection, "account_intent") == 0
        assert detect(connection) == IntentCounts(0, 1, 1, 0)
