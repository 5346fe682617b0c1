"""Refreshing accounts: health day by day, contents that are kept long enough, and what is worth knowing of all."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, Engine, text

from prospecting.persistence.account_graph import find_expansion_targets, get_account_health_score
from prospecting.persistence.account_refreshes import (
    AccountRange,
    Chunk,
    Refresh,
    add_counts,
    clear_contents,
    find_out,
    find_refresh,
    find_refresh_of_run,
    finish_refresh,
    plan_chunks,
    query_healths,
    query_stale_accounts,
    record_health,
    refresh_overview,
    start_refresh,
)
from prospecting.persistence.recommendations import suppress_account
from tests.db.acting import act_as
from tests.db.engaging import add_contact, add_conversation, add_relationship, add_touchpoint
from tests.db.factories import add_companies, at_once, stored, versions

AS_OF = datetime(2026, 6, 15, 3, 30, tzinfo=UTC)
TODAY = AS_OF.date()
ALL = AccountRange(0, 2**62)
CONTENTS = ("subject", "content", "response", "call_transcript", "call_recording_url")


def ago(days: float) -> datetime:
    return AS_OF - timedelta(days=days)


def start(connection: Connection, run_id: str = "run 1", as_of: datetime = AS_OF) -> Refresh:
    return start_refresh(connection, airflow_run_id=run_id, params={"a": 1}, as_of=as_of)


def healths(connection: Connection) -> list[tuple[Any, ...]]:
    rows = stored(
        connection, "account_health_history", "company_id, observed_on, total_score", "observed_on, company_id"
    )
    return [tuple(row.values()) for row in rows]


@pytest.fixture
def acme(connection: Connection) -> int:
    """The account of the specification's example: three contacts, two conversations, two relationships."""
    (company,) = add_companies(connection, "Acme")
    cmo, doctor, admin = (
        add_contact(connection, company, name, **flags)
        for name, flags in (
            ("Ann Poe", {"is_decision_maker": True, "is_primary_contact": True}),
            ("Bea Roe", {"seniority_level": "director"}),
            ("Cy Doe", {}),
        )
    )
    add_relationship(connection, cmo, doctor, strength="strong")
    add_relationship(connection, admin, cmo, strength="weak")
    for contact in (cmo, doctor):
        add_conversation(connection, contact, company)
    return company


# ------------------------------------------------------------------------------------------------------------- runs
def test_a_run_is_opened_closed_and_opened_again(connection: Connection) -> None:
    first = start_refresh(connection, airflow_run_id="run 1", params={"a": 1})
    assert first.as_of == connection.execute(text("select now()")).scalar_one()
    assert find_refresh(connection, first.id) == first
    for step, numbers in (("events", {"a": 1, "b": 3}), ("nothing", {"c": 0}), ("events", {"a": 2})):
        add_counts(connection, first.id, step, numbers)
    done = {"events": {"a": 3, "b": 3}, "nothing": {"c": 0}}
    assert find_refresh(connection, first.id).counts == done
    finish_refresh(connection, first.id, {"stale": [7]}, status="failed", error="1 task failed")
    row = find_refresh_of_run(connection, "run 1")
    assert row
    assert (row["status"], row["counts"], row["error"]) == ("failed", done | {"stale": [7]}, "1 task failed")
    again = start_refresh(connection, airflow_run_id="run 1", params={}, as_of=AS_OF)
    assert (again.id, again.as_of, again.today) == (first.id, AS_OF, TODAY)
    row = find_refresh_of_run(connection, "run 1")
    assert row
    assert (row["status"], row["error"], row["completed_at"]) == ("running", None, None)
    assert row["counts"]["events"] == done["events"], "what an earlier try has done"
    assert find_refresh_of_run(connection, "run 2") is None
    with pytest.raises(LookupError, match="see the table account_refreshes"):
        find_refresh(connection, first.id + 1)


def test_accounts_are_planned_in_chunks(connection: Connection) -> None:
    refresh = start(connection)
    assert plan_chunks(connection, refresh, chunk_size=2) == []
    companies = add_companies(connection, "Acme", "Globex", "Initech", "Hooli")
    for number, company in enumerate([*companies[:3], companies[0], None]):
        add_contact(connection, company, f"Ann {'abcde'[number]}")
    acme, globex, initech, _ = companies
    assert plan_chunks(connection, refresh, chunk_size=3) == [Chunk(0, globex, 1, 3), Chunk(initech, initech, 4, 1)]
    assert plan_chunks(connection, refresh, chunk_size=9, company_ids=[initech, acme]) == [Chunk(acme, initech, 1, 2)]


# ----------------------------------------------------------------------------------------------------------- health
def test_health_is_kept_day_by_day(engine: Engine, connection: Connection, acme: int) -> None:
    globex, empty = add_companies(connection, "Globex", "Initech")
    gone = add_contact(connection, globex, "Di Moe", engagement_score=90)
    add_contact(connection, empty, "Ed Loe", status="bounced")
    add_contact(connection, None, "Flo Noe")
    act_as(connection, "prospecting_app")
    assert record_health(connection, ALL, observed_on=TODAY) == 2
    connection.execute(text("reset role"))
    assert healths(connection) == [(acme, TODAY, Decimal("43.33")), (globex, TODAY, Decimal("36.00"))]
    (row, _) = stored(connection, "account_health_history", order="company_id")
    expected = get_account_health_score(connection, acme)
    assert (float(row["total_score"]), row["health_status"]) == (expected.total_score, "fair")
    assert {part: float(row[part]) for part in expected.breakdown.model_dump()} == expected.breakdown.model_dump()
    assert (row["contacts"], row["active_conversations"]) == (3, 2)

    # Again, and by two at once: nothing is news.
    connection.commit()
    before = versions(connection)
    assert at_once(engine, [lambda other: record_health(other, ALL, observed_on=TODAY)] * 2) == [0, 0]
    assert versions(connection) == before
    connection.commit()

    # The day's last word counts, yesterday's stands; chunks and chosen companies are all that is touched.
    tomorrow = TODAY + timedelta(days=1)
    assert record_health(connection, ALL, observed_on=tomorrow) == 2
    connection.execute(text("update contacts set engagement_score = 100"))
    assert record_health(connection, AccountRange(acme, acme), observed_on=tomorrow, company_ids=[globex]) == 0
    assert record_health(connection, ALL, observed_on=tomorrow, company_ids=[acme]) == 1
    assert healths(connection) == [
        (acme, TODAY, Decimal("43.33")),
        (globex, TODAY, Decimal("36.00")),
        (acme, tomorrow, Decimal("83.33")),
        (globex, tomorrow, Decimal("36.00")),
    ]

    # An account whose last active contact is gone has no health on that day.
    connection.execute(text("update contacts set status = 'unsubscribed' where id = :id"), {"id": gone})
    plan_chunks(connection, replace(start(connection), as_of=AS_OF + timedelta(days=1)), chunk_size=9)
    assert [row[:2] for row in healths(connection)] == [(acme, TODAY), (globex, TODAY), (acme, tomorrow)]
    found = query_healths(connection, observed_on=TODAY, limit=1)
    assert (found[0]["company"], found[0]["health_status"], found.total) == ("Globex", "poor", 2)
    assert query_healths(connection, observed_on=TODAY, best_first=True)[0]["company"] == "Acme"


# --------------------------------------------------------------------------------------------------------- contents
@pytest.mark.parametrize(
    ("touchpoint", "is_kept"),
    [
        ({"sent_at": ago(91)}, False),
        ({"sent_at": ago(89), "created_at": ago(500)}, True),
        ({"sent_at": ago(91), "replied_at": ago(89)}, True),
        ({"created_at": ago(91)}, False),
        ({"created_at": ago(91), "scheduled_for": ago(-1)}, True),
    ],
)
def test_contents_are_kept_for_a_while(
    connection: Connection, acme: int, touchpoint: dict[str, Any], is_kept: bool
) -> None:
    contact = add_contact(connection, None)
    words = dict.fromkeys(CONTENTS, "words")
    values = {"outcome_details": "late", "metadata": {"a": 1}, "email_message_id": "1", **words, **touchpoint}
    add_touchpoint(connection, add_conversation(connection, contact, acme), **values)
    (before,) = stored(connection, "touchpoints")
    assert clear_contents(connection, AccountRange(1, 2**62), before=ago(90)) == 0, "of contacts with a company only"
    assert clear_contents(connection, ALL, before=ago(90), company_ids=[acme]) == 0
    assert clear_contents(connection, ALL, before=ago(90)) == (not is_kept)
    (after,) = stored(connection, "touchpoints")
    cleared = {} if is_kept else {**dict.fromkeys(CONTENTS), "updated_at": after["updated_at"]}
    assert after == {**before, **cleared}
    assert clear_contents(connection, ALL, before=ago(90)) == 0


# ---------------------------------------------------------------------------------------------- what is worth knowing
def test_what_is_worth_knowing(connection: Connection, acme: int) -> None:
    globex, initech, hooli = add_companies(connection, "Globex", "Initech", "Hooli")
    di, ed = add_contact(connection, globex, "Di Moe"), add_contact(connection, initech, "Ed Loe")
    due: dict[int, UUID] = {}
    for days in (1, 3, -1):
        due[days] = add_conversation(connection, di, globex, next_touchpoint_at=ago(days), started_at=ago(99))
    paused = add_conversation(connection, di, globex, status="paused", next_touchpoint_at=ago(5), started_at=ago(99))
    add_touchpoint(connection, due[3], sent_at=ago(40))
    add_touchpoint(connection, paused, sent_at=ago(2))
    # One silent conversation beside one that is not.
    for days in (50, 2):
        add_touchpoint(connection, add_conversation(connection, ed, initech, started_at=ago(99)), sent_at=ago(days))
    # Nobody has ever been in touch here.
    add_conversation(connection, add_contact(connection, hooli, "Flo Noe"), hooli, started_at=ago(60))
    record_health(connection, ALL, observed_on=TODAY)
    record_health(connection, ALL, observed_on=date(2026, 6, 14), company_ids=[acme])

    refresh = start(connection)
    found = find_out(connection, refresh, stale_since=ago(30), limit=1)
    assert (list(found.follow_ups), found.follow_ups.total) == ([due[3]], 2)
    assert (list(found.stale), found.stale.total) == ([hooli], 2)
    assert [row["id"] for row in query_stale_accounts(connection, since=ago(30))] == [hooli, globex]
    assert (list(found.undecided), found.undecided.total) == ([], 0)
    assert found.healths == {"fair": 1, "poor": 3}
    assert list(found.healths) == ["fair", "poor"]
    (primary,) = found.primary
    targets = find_expansion_targets(connection, primary)
    assert (found.primary.total, found.targets, len(targets)) == (1, 1, 1)
    assert find_out(connection, refresh, stale_since=ago(61), limit=9).stale.total == 0

    connection.execute(text("update companies set domain = 'acme.com' where id = :id"), {"id": acme})
    suppress_account(connection, account_domain="acme.com", reason="a customer of our parent company")
    assert (
        find_out(connection, refresh, stale_since=ago(30), limit=9).targets
        == 0
        == len(find_expansion_targets(connection, primary))
    )


def test_the_overview_follows(engine: Engine, connection: Connection, acme: int) -> None:
    connection.commit()
    for expected in (3, 4):
        with engine.begin() as other:
            act_as(other, "prospecting_app")
            refresh_overview(other)
        rows = stored(connection, "account_overview", "company_id, total_contacts, active_conversations")
        assert [tuple(row.values()) for row in rows] == [(acme, expected, 2)]
        add_contact(connection, acme, "Di Moe")
        connection.commit()
