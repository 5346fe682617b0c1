"""Refreshing the features of accounts: what changed and nothing else, and never anything from the future."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text

from prospecting.persistence.companies import CompanyRow, upsert_companies
from prospecting.persistence.database import to_json
from prospecting.persistence.feature_refreshes import (
    Counters,
    find_refresh,
    finish_refresh,
    month_starts,
    plan_chunks,
    refresh_chunk,
    start_refresh,
)
from prospecting.persistence.features import save_prospect_research
from prospecting.services.feature_params import MlFeatureRefreshParams, RefreshArguments
from tests import clock
from tests.clock import days_ago
from tests.db.factories import at_once, count, evaluate, stored, versions, write_companies, write_events, write_persons
from tests.db.refreshing import (
    SOURCES,
    _insert,
    briefing,
    click,
    features_versions,
    icp_title,
    months,
    now,
    person_briefing,
    refresh,
    research,
    settle,
    signal,
    snapshots,
    sponsor,
    start,
)


@pytest.fixture
def acme(connection: Connection) -> int:
    """Id of the company at acme.com."""
    return write_companies(connection)[0]


every_source = pytest.mark.parametrize("source", SOURCES)


# --------------------------------------------------------------------------------------------------------------- values
@every_source
def test_every_source_makes_an_account(connection: Connection, acme: int, source: str) -> None:
    SOURCES[source](connection, acme, days_ago(1))
    refresh(connection)
    [account] = stored(connection, "accounts")
    assert (account["account_domain"], account["company_name"], account["company_id"]) == (
        "acme.com",
        "ACME",
        acme,
    )
    assert now(connection, "acme.com")


def test_hosts_of_mailboxes_are_no_accounts(connection: Connection) -> None:
    """Those that are accounts already are removed; what users did there stays. A portal has a company that runs it."""
    upsert_companies(connection, [CompanyRow("Yahoo", "https://yahoo.com")], source_system="test")
    for domain in ("gmail.com", "outlook.com", "web.de", "yahoo.com", "acme.com"):
        click(connection, domain)
    connection.execute(
        text(
            "insert into accounts (account_domain, company_name) values ('gmail.com', 'Gmail'), ('outlook.com', 'A'), "
            "('gmx.de', 'gmx.de'), ('web.de', 'Acme'), ('naver.com', 'Naver Corporation')"
        )
    )
    connection.execute(text("insert into account_signals (account_domain, company_name) values ('gmail.com', 'Gmail')"))
    for _ in range(2):
        refresh(connection)
        assert [row["account_domain"] for row in stored(connection, "accounts", order="account_domain")] == [
            "acme.com", "naver.com", "yahoo.com",
        ]  # fmt: skip
    assert count(connection, "user_interactions") == 5


@every_source
def test_every_source_is_heard_of_by_the_next_refresh(
    engine: Engine, connection: Connection, acme: int, source: str
) -> None:
    click(connection, "initech.com")
    connection.commit()
    first, _ = refresh(connection)
    settle(connection)
    SOURCES[source](connection, acme, days_ago(1))
    connection.commit()
    _, counters = refresh(connection, first)
    assert counters.accounts_changed == counters.signals_written == 1
    assert now(connection, "acme.com")


def test_a_conference_signal_a_seat_or_a_company_alone_makes_no_account(connection: Connection, acme: int) -> None:
    signal(connection, acme, "conference")
    write_persons(connection)
    evaluate(connection)
    refresh(connection)
    assert count(connection, "accounts") == 0


def test_features_of_all_systems(engine: Engine, connection: Connection, acme: int) -> None:
    write_persons(connection)
    evaluate(connection)
    connection.commit()
    click(connection, "acme.com", "viewed", days_ago(100))
    click(connection, "acme.com", "opened_research", days_ago(45))
    click(connection, "acme.com", "contacted", days_ago(3), user=2)
    research(connection, "acme.com", days_ago(20), icp_score=3, employees_min=10, is_b2b_saas=True)
    research(connection, "acme.com", days_ago(10), icp_score=8, priority_level="high", engineering_role_count=4)
    research(connection, "acme.com", days_ago(5), "quota")
    event, other = write_events(connection)
    sponsor(connection, acme, event, days_ago(9), tier_rank=2)
    sponsor(connection, acme, other, days_ago(8), tier_rank=4)
    signal(connection, acme, "hiring", days_ago(7))
    briefing(connection, "acme.com", days_ago(6))
    person_briefing(connection, "https://www.linkedin.com/in/jane-doe", days_ago(4))
    icp_title(connection, "acme.com", days_ago(2))
    icp_title(connection, "acme.com", days_ago(2))
    # Roles are created now; those of a person briefing count once they are known.
    connection.execute(text("update company_person_roles set created_at = :at"), {"at": days_ago(30)})
    refresh(connection)
    found = now(connection, "acme.com")
    # The newest research as a whole: what it does not know is unknown, whatever an older one said.
    assert found == {
        "icp_score": 8,
        "priority_level": "high",
        "engineering_role_count": 4,
        "research_run_count": 2,
        "failed_run_count": 1,
        "last_research_at": days_ago(10),
        "sponsored_event_count": 2,
        "best_sponsor_tier_rank": 2,
        "last_sponsored_on": found["last_sponsored_on"],
        "hiring_signal_count": 1,
        "last_signal_at": days_ago(7),
        "slots_filled": 2,
        "slots_open": 1,
        "company_briefing_count": 1,
        "person_briefing_count": 1,
        "icp_title_count": 2,
        "last_briefing_at": days_ago(4),
        "interaction_count": 3,
        "viewed_count": 1,
        "opened_research_count": 1,
        "contacted_count": 1,
        "interaction_count_30d": 1,
        "interaction_count_90d": 2,
        "engaged_user_count": 2,
        "engagement_score": Decimal("0.367"),
        "last_interaction_at": days_ago(3),
        "last_contacted_at": days_ago(3),
    }
    row = stored(connection, "account_signals")[0]
    assert row["is_b2b_saas"] is row["has_open_engineering_roles"] is row["employees_min"] is None


# ------------------------------------------------------------------------------------------------ never from the future
@every_source
def test_a_snapshot_knows_what_came_before_it_and_nothing_else(connection: Connection, acme: int, source: str) -> None:
    _, middle, newest = months()
    write = SOURCES[source]
    if source not in ("sponsor", "hiring", "funding"):
        # The second of its kind, exactly when the month begins: the first thing the snapshot may not know.
        write(connection, acme, newest)
    write(connection, acme, middle - timedelta(seconds=1))
    refresh(connection)
    found = snapshots(connection, "acme.com")
    assert list(found) == [middle, newest], "no snapshot of a time when nothing was known"
    known = found[middle]
    for name, value in known.items():
        if isinstance(value, datetime):
            assert value < middle, name
    if source not in ("interaction",):  # whose windows of 30 and 90 days move on
        assert found[newest] == known
    else:
        assert found[newest]["interaction_count"] == known["interaction_count"] == 1


@every_source
def test_what_happens_later_never_changes_a_snapshot(connection: Connection, acme: int, source: str) -> None:
    """Training on snapshots cannot see the future: with it or without it, they are the same."""
    newest = months()[-1]
    for write in SOURCES.values():
        if write not in (SOURCES["funding"], SOURCES["hiring"], SOURCES["sponsor"]):
            write(connection, acme, newest - timedelta(days=3))
    started, _ = refresh(connection)
    before = snapshots(connection, "acme.com")
    SOURCES[source](connection, acme, newest)
    refresh(connection, started)
    assert snapshots(connection, "acme.com") == before
    refresh(connection, full=True)
    assert snapshots(connection, "acme.com") == before


def test_a_tier_that_changed_later_is_not_known_earlier(connection: Connection, acme: int) -> None:
    sponsor(connection, acme, write_events(connection)[0], months()[0] - timedelta(days=1), tier_rank=4)
    connection.execute(text("update event_sponsors set tier_rank = 1, updated_at = :at"), {"at": months()[1]})
    refresh(connection)
    found = snapshots(connection, "acme.com")
    assert [row.get("best_sponsor_tier_rank") for row in found.values()] == [None, None, 1]
    assert [row["sponsored_event_count"] for row in found.values()] == [1, 1, 1]


def test_what_was_heard_of_later_is_of_no_earlier_month(connection: Connection) -> None:
    """It counts as of its day, from when it was known on, and now in any case."""
    click(connection, "acme.com", when=months()[0] - timedelta(days=1))
    late = months()[1] + timedelta(days=1)
    click(connection, "acme.com", "contacted", months()[0] - timedelta(days=9), known_at=late)
    research(connection, "acme.com", months()[0] - timedelta(days=2), icp_score=9, known_at=late)
    click(connection, "acme.com", "meeting_booked", months()[0] - timedelta(days=3), known_at=clock.now())
    refresh(connection)
    names = ("interaction_count", "icp_score", "research_run_count", "meeting_booked_count")
    found = [[row.get(name) for name in names] for row in snapshots(connection, "acme.com").values()]
    assert found == [[1, None, None, None], [1, None, None, None], [2, 9, 1, None]]
    assert [now(connection, "acme.com").get(name) for name in names] == [3, 9, 1, 1]


@pytest.mark.parametrize("table", ["user_interactions", "prospect_intelligence_runs"])
def test_whatever_is_stored_is_known_since_then_unless_told_otherwise(connection: Connection, table: str) -> None:
    told: list[dict[str, Any]] = [
        {},
        {"recorded_at": days_ago(3)},
        {"recorded_at": days_ago(3), "known_at": days_ago(5)},
    ]
    connection.execute(text("insert into users (id) values (:id)"), {"id": uuid.UUID(int=1)})
    kind = {"interaction_type": "viewed"} if table == "user_interactions" else {"run_status": "success"}
    own = {} if table == "user_interactions" else {"website_url": "https://acme.com"}
    for times in told:
        row = {"user_id": uuid.UUID(int=1), "account_domain": "acme.com", "created_at": days_ago(9)}
        _insert(connection, table, **row, **kind, **own, **times)
    rows = stored(connection, table, "recorded_at, known_at", "known_at desc")
    assert [row["known_at"] for row in rows] == [rows[0]["recorded_at"], days_ago(3), days_ago(5)]


def test_a_fact_that_changed_later_is_not_known_earlier(connection: Connection, acme: int) -> None:
    """A day that was moved, a role that ended, a profile that turned out to be another one."""
    early, later = months()[0] - timedelta(days=1), months()[1] + timedelta(days=1)
    click(connection, "acme.com", when=early)
    sponsor(connection, acme, write_events(connection)[0], early)
    write_persons(connection)
    for profile in ("jane-doe", "john-roe"):
        person_briefing(connection, f"https://www.linkedin.com/in/{profile}", early)
    connection.execute(text("update company_person_roles set created_at = :at"), {"at": early})
    moved = {"events": "start_dt = start_dt + 1, end_dt = null", "company_person_roles": "is_current = false"}
    for table, change in moved.items():
        connection.execute(text(f"update {table} set {change}"))
    john = "update persons set linkedin_url = 'https://www.linkedin.com/in/john-roe' where full_name = 'John Roe'"
    connection.execute(text(john))
    connection.execute(
        text("update company_person_roles set is_current = true where person_id <> (select min(id) from persons)")
    )
    recorded = {"events": "dates", "company_person_roles": "ended", "persons": "linkedin"}
    for table, what in recorded.items():
        dated = f"update {table} set {what}_recorded_at = :at where {what}_recorded_at is not null"
        assert connection.execute(text(dated), {"at": later}).rowcount, table
    refresh(connection)
    found = snapshots(connection, "acme.com").values()
    assert ["last_sponsored_on" in row for row in found] == [False, False, True]
    # Jane until her role ended, then John, whose profile was not known before.
    assert [row.get("person_briefing_count") for row in found] == [1, 1, 1]
    connection.execute(text("update company_person_roles set is_current = true"))
    refresh(connection)
    assert [row.get("person_briefing_count") for row in snapshots(connection, "acme.com").values()] == [1, 1, 2]


def test_a_refresh_restores_what_accounts_show_of_research(connection: Connection) -> None:
    for score, days in ((9, 3), (4, 9)):
        save(connection, score, days_ago(days))
    names = "account_domain, last_prospect_intelligence_id, last_icp_score, last_priority_level, last_research_at"
    before = stored(connection, "accounts", names)
    refresh(connection)
    assert stored(connection, "accounts", names) == before
    wrong = (
        "last_icp_score = 1, last_research_at = now()",
        "last_priority_level = 'low', last_prospect_intelligence_id = null",
    )
    for change in wrong:
        connection.execute(text(f"update accounts set {change}"))
        refresh(connection, full=True)
        assert stored(connection, "accounts", names) == before
    written = features_versions(connection)
    refresh(connection, full=True)
    assert features_versions(connection) == written
    connection.execute(text("delete from prospect_intelligence_runs"))
    refresh(connection, full=True)
    assert set(stored(connection, "accounts", names)[0].values()) == {"acme.com", None}


def test_seats_are_as_they_were(connection: Connection, acme: int) -> None:
    click(connection, "acme.com", when=months()[0] - timedelta(days=1))
    write_persons(connection)
    evaluate(connection)
    connection.execute(text("alter table slot_transitions disable trigger user"))
    connection.execute(text("update slot_transitions set changed_at = :at"), {"at": months()[1] + timedelta(days=1)})
    connection.execute(text("alter table slot_transitions enable trigger user"))
    refresh(connection)
    assert [row.get("slots_filled", 0) for row in snapshots(connection, "acme.com").values()] == [0, 0, 2]


# ---------------------------------------------------------------------------------------------- what changed, only that
def test_late_news_recomputes_its_account_and_the_months_after_it(engine: Engine, connection: Connection) -> None:
    for domain in ("acme.com", "globex.com"):
        click(connection, domain, when=months()[0] - timedelta(days=1))
    connection.commit()
    started, _ = refresh(connection)
    before = versions(connection)["account_feature_snapshots"]
    settle(connection)
    click(connection, "acme.com", "contacted", months()[1] + timedelta(days=1))
    connection.commit()
    started, counters = refresh(connection, started)
    assert (counters.accounts_changed, counters.signals_written, counters.snapshots_written) == (1, 1, 1)
    assert len(versions(connection)["account_feature_snapshots"] - before) == 1
    settle(connection)
    click(connection, "acme.com", "contacted", months()[0] - timedelta(days=1), known_at=clock.now())
    connection.commit()
    _, counters = refresh(connection, started)
    assert (counters.accounts_changed, counters.signals_written, counters.snapshots_written) == (1, 1, 0)
    counts = [row["interaction_count"] for row in snapshots(connection, "acme.com").values()]
    assert counts == [1, 1, 2]


@every_source
def test_refreshing_again_writes_nothing(engine: Engine, connection: Connection, acme: int, source: str) -> None:
    SOURCES[source](connection, acme, days_ago(40))
    connection.commit()
    started, _ = refresh(connection)
    before = features_versions(connection)
    settle(connection)
    again, nothing = refresh(connection, started)
    assert nothing == Counters()
    connection.commit()
    _, everything = refresh(connection, again, full=True)
    assert (everything.signals_written, everything.snapshots_written) == (0, 0)
    assert features_versions(connection) == before


def test_what_was_not_committed_yet_is_found_by_the_next_refresh(engine: Engine) -> None:
    with engine.begin() as connection:
        click(connection, "globex.com")
    slow = engine.connect()
    click(slow, "acme.com", user=2)  # writes before the refresh starts, commits after it ended
    with engine.begin() as connection:
        started, counters = refresh(connection)
    assert counters.accounts_changed == 1
    slow.commit()
    slow.close()
    with engine.begin() as connection:
        started, counters = refresh(connection, started)
        assert counters.accounts_changed >= 1
        assert now(connection, "acme.com")


def test_changes_that_were_read_are_forgotten(engine: Engine, connection: Connection) -> None:
    click(connection, "acme.com")
    connection.commit()
    started, _ = refresh(connection)
    connection.commit()
    click(connection, "acme.com")
    connection.commit()
    kept = start(connection, started.watermark.as_dict())
    changes = stored(connection, "account_changes", "changed_in")
    assert min(row["changed_in"] for row in changes) >= kept.previous.transaction  # type: ignore[union-attr]
    connection.execute(text("update account_changes set changed_in = 3"))
    start(connection, started.watermark.as_dict())
    assert count(connection, "account_changes") == 0


NIGHTLY, OTHER = MlFeatureRefreshParams().model_dump(mode="json"), RefreshArguments().model_dump(mode="json")


@pytest.mark.parametrize(
    ("earlier", "kept"),
    [
        ([], [40]),
        ([("completed", OTHER, 15)], [40]),
        ([("completed", NIGHTLY, 25)], [30, 40]),
        ([("completed", NIGHTLY, 5), ("completed", NIGHTLY, 15)], [20, 30, 40]),
        ([("completed", NIGHTLY, 15), ("failed", NIGHTLY, 25), ("running", NIGHTLY, 35)], [20, 30, 40]),
        ([("running", NIGHTLY, 25), ("completed", OTHER, 35)], [30, 40]),
        ([("completed", NIGHTLY, 38)], [40]),
    ],
    ids=["nobody else", "another", "a night", "the last night", "the last that finished", "the first night", "newer"],
)
def test_a_refresh_besides_the_nights_forgets_only_what_they_have_read(
    connection: Connection, earlier: list[tuple[str, dict[str, Any], int]], kept: list[int]
) -> None:
    for transaction in (10, 20, 30, 40):
        _insert(connection, "account_changes", account_domain="acme.com", since=clock.now(), changed_in=transaction)
    here = start_refresh(connection, airflow_run_id="here", params=OTHER, watermark=None, snapshot_months=0).watermark
    connection.execute(text("delete from feature_refreshes"))

    def watermark(transaction: int) -> dict[str, Any]:
        return replace(here, transaction=transaction).as_dict()

    for number, (status, params, transaction) in enumerate(earlier):
        _insert(
            connection,
            "feature_refreshes",
            airflow_run_id=str(number),
            params=to_json(params),
            scope="",
            watermark=to_json(watermark(transaction)),
            as_of=clock.now(),
            status=status,
        )
    start_refresh(
        connection,
        airflow_run_id="now",
        params=OTHER,
        watermark=watermark(35),
        snapshot_months=0,
        is_nightly=False,
    )
    left = [row["changed_in"] for row in stored(connection, "account_changes", "changed_in", order="changed_in")]
    assert left == kept


def test_activity_that_is_recent_no_longer_is_not_counted_as_recent(engine: Engine, connection: Connection) -> None:
    click(connection, "acme.com", when=days_ago(31))
    click(connection, "globex.com", when=days_ago(2))
    connection.commit()
    started, _ = refresh(connection)
    connection.execute(text("update account_signals set interaction_count_30d = 1"))  # as it was three days ago
    settle(connection)
    _, nothing = refresh(connection, started)
    assert nothing == Counters()
    three_days_ago = {**started.watermark.as_dict(), "as_of": days_ago(3).isoformat()}
    later = start(connection, three_days_ago)
    for chunk in plan_chunks(connection, later, chunk_size=10):
        refresh_chunk(connection, later, chunk)
    assert "interaction_count_30d" not in now(connection, "acme.com")
    assert now(connection, "globex.com")["interaction_count_30d"] == 1


def test_what_was_announced_ahead_of_time_counts_when_it_is_due(connection: Connection) -> None:
    click(connection, "acme.com", when=days_ago(10))
    click(connection, "acme.com", when=datetime.now(UTC) + timedelta(minutes=5))
    started, _ = refresh(connection)
    assert now(connection, "acme.com")["interaction_count"] == 1
    connection.execute(text("alter table user_interactions disable trigger user"))
    connection.execute(
        text("update user_interactions set created_at = :at where created_at > now()"), {"at": days_ago(0.0001)}
    )
    connection.execute(text("alter table user_interactions enable trigger user"))
    earlier = {**started.watermark.as_dict(), "as_of": days_ago(1).isoformat()}
    later = start(connection, earlier)
    for chunk in plan_chunks(connection, later, chunk_size=10):
        refresh_chunk(connection, later, chunk)
    assert now(connection, "acme.com")["interaction_count"] == 2


def test_a_new_month_takes_a_snapshot_of_every_account(engine: Engine, connection: Connection) -> None:
    for domain in ("acme.com", "globex.com", "initech.com"):
        click(connection, domain, when=months()[0] - timedelta(days=1))
    connection.commit()
    started, _ = refresh(connection, snapshot_months=2)
    settle(connection)
    last_month = (months()[-1] - timedelta(days=1)).isoformat()
    connection.execute(
        text("delete from account_feature_snapshots where as_of = :newest"), {"newest": months()[-1].date()}
    )
    later = start(connection, {**started.watermark.as_dict(), "as_of": last_month}, snapshot_months=2)
    assert later.new_months == months()[-1:]
    chunks = plan_chunks(connection, later, chunk_size=2)
    assert [chunk.accounts for chunk in chunks] == [2, 1]
    written = [refresh_chunk(connection, later, chunk).snapshots_written for chunk in chunks]
    assert written == [2, 1]


def test_more_months_are_taken_when_asked_for(connection: Connection) -> None:
    click(connection, "acme.com", when=months()[0] - timedelta(days=1))
    started, counters = refresh(connection, snapshot_months=0)
    assert (counters.snapshots_written, count(connection, "account_feature_snapshots")) == (0, 0)
    _, counters = refresh(connection, started, snapshot_months=3)
    assert counters.snapshots_written == 3


def test_chunks_hold_every_account_once(connection: Connection) -> None:
    for number in range(7):
        click(connection, f"company-{number}.com", when=days_ago(40))
    started = start(connection)
    chunks = plan_chunks(connection, started, chunk_size=3)
    assert [(chunk.first_number, chunk.accounts) for chunk in chunks] == [(1, 3), (4, 3), (7, 1)]
    total = Counters.total(refresh_chunk(connection, started, chunk).as_dict() for chunk in chunks)
    assert total.accounts_changed == total.signals_written == count(connection, "account_signals") == 7


def test_without_any_account_there_is_no_chunk(connection: Connection) -> None:
    assert plan_chunks(connection, start(connection), chunk_size=10) == []


# ----------------------------------------------------------------------------------------------------------- watermarks
def test_an_unusable_watermark_refreshes_everything_and_says_why(connection: Connection) -> None:
    good = start(connection).watermark.as_dict()
    assert start(connection, good).scope.startswith("accounts changed since 20")
    cases: list[tuple[Any, str]] = [
        (None, "no refresh has finished before"),
        ({"database": 1}, "the watermark is not readable"),
        ("yesterday", "the watermark is not readable"),
        ({**good, "as_of": "2026-01-01T00:00:00"}, "the watermark is not readable"),
        ({**good, "database": "1/2"}, "the watermark is of another database"),
        ({**good, "transaction": good["transaction"] + 10**9}, "the watermark is ahead of the database"),
        ({**good, "as_of": days_ago(-1).isoformat()}, "the watermark is ahead of the database"),
    ]
    for watermark, why in cases:
        refused = start(connection, watermark)
        assert refused.previous is None
        assert refused.scope.startswith(f"all accounts: {why}")
    assert start(connection, good, full=True).scope == "all accounts: asked for"


def test_a_refresh_is_found_again_as_it_was_started(connection: Connection) -> None:
    first = start(connection)
    second = start(connection, first.watermark.as_dict())
    assert find_refresh(connection, first.id) == first
    assert find_refresh(connection, second.id) == second
    with pytest.raises(LookupError, match="feature_refreshes"):
        find_refresh(connection, 10**9)


def test_starting_the_same_run_again_starts_over(connection: Connection) -> None:
    options: dict[str, Any] = {"airflow_run_id": "run 1", "params": {}, "watermark": None, "snapshot_months": 1}
    first = start_refresh(connection, **options)
    finish_refresh(connection, first.id, Counters(1, 2, 3), status="failed", error="killed")
    assert start_refresh(connection, **options).id == first.id
    [row] = stored(connection, "feature_refreshes")
    assert (row["status"], row["error"], row["signals_written"]) == ("running", None, 0)


# ----------------------------------------------------------------------------------------------------- companies, users
def test_a_researched_company_joins_the_spine_under_its_name(connection: Connection) -> None:
    research(connection, "umbrella.com", company_name="Umbrella Corp.")
    click(connection, "nameless.com")
    refresh(connection)
    names = {row["account_domain"]: row["company_name"] for row in stored(connection, "accounts")}
    assert names == {"umbrella.com": "Umbrella Corp.", "nameless.com": "nameless.com"}
    [company] = stored(connection, "companies")
    assert (company["name"], company["domain"], company["source_system"]) == (
        "Umbrella Corp.",
        "umbrella.com",
        "prospect_research",
    )


def test_an_account_learns_its_company_later(connection: Connection) -> None:
    click(connection, "acme.com")
    started, _ = refresh(connection)
    acme = write_companies(connection)[0]
    refresh(connection, started)
    [account] = stored(connection, "accounts")
    assert (account["company_id"], account["company_name"]) == (acme, "ACME")
    assert stored(connection, "account_signals")[0]["company_name"] == "ACME"


def test_what_a_merged_company_sponsors_counts_for_the_one_it_became(connection: Connection, acme: int) -> None:
    click(connection, "acme.com")
    started, _ = refresh(connection)
    survivor = connection.execute(
        text("insert into companies (name, name_key, source_system) values ('A', 'a', 'test') returning id")
    ).scalar_one()
    sponsor(connection, survivor, write_events(connection)[0])
    connection.execute(text("update companies set merged_into_id = :to where id = :id"), {"to": survivor, "id": acme})
    refresh(connection, started)
    assert now(connection, "acme.com")["sponsored_event_count"] == 1


def test_a_deleted_user_leaves_no_trace_in_features(connection: Connection) -> None:
    click(connection, "acme.com", when=days_ago(40), user=1)
    click(connection, "acme.com", when=days_ago(35), user=2)
    click(connection, "globex.com", when=days_ago(35), user=2)
    started, _ = refresh(connection)
    connection.execute(text("delete from users where id = :id"), {"id": uuid.UUID(int=2)})
    refresh(connection, started)
    assert now(connection, "acme.com")["interaction_count"] == 1
    assert now(connection, "globex.com") == {}
    assert snapshots(connection, "globex.com") == {}


# ------------------------------------------------------------------------------------------------------------- together
def test_two_refreshes_at_once_come_to_the_same(engine: Engine) -> None:
    with engine.begin() as connection:
        for number in range(20):
            click(connection, f"company-{number}.com", when=days_ago(40))
            research(connection, f"company-{number}.com", days_ago(3), company_name=f"Company {number}", icp_score=5)
    at_once(engine, [lambda connection: refresh(connection, chunk_size=5)] * 3)
    with engine.begin() as connection:
        assert count(connection, "accounts") == count(connection, "account_signals") == 20
        before = features_versions(connection)
        refresh(connection)
        assert features_versions(connection) == before


def test_a_chunk_that_is_killed_has_written_nothing(engine: Engine) -> None:
    with engine.begin() as connection:
        click(connection, "acme.com", when=days_ago(40))
        started = start(connection)
        [chunk] = plan_chunks(connection, started, chunk_size=10)
    with engine.connect() as connection:
        refresh_chunk(connection, started, chunk)
        connection.rollback()
    with engine.begin() as connection:
        assert count(connection, "account_signals") == 0
        assert refresh_chunk(connection, started, chunk).signals_written == 1


def save(connection: Connection, score: int, when: datetime) -> None:
    document = {"companyName": "Acme", "icpScore": {"overallScore": score}}
    save_prospect_research(
        connection, user_id=uuid.UUID(int=1), website_url="https://acme.com", data=document, extracted_at=when
    )


@pytest.mark.parametrize("days", [1, 0], ids=["before it began", "after it began"])
def test_a_slow_refresh_never_overwrites_newer_research(engine: Engine, days: int) -> None:
    """Research saved while a refresh runs is newer than what the refresh has read."""
    with engine.begin() as connection:
        save(connection, 3, days_ago(3))
        started = start(connection)
        chunks = plan_chunks(connection, started, chunk_size=10)
    with engine.begin() as connection:
        save(connection, 9, datetime.now(UTC) - timedelta(days=days))
    with engine.begin() as connection:
        for chunk in chunks:
            refresh_chunk(connection, started, chunk)
        assert now(connection, "acme.com")["icp_score"] == 9
    with engine.begin() as connection:
        refresh(connection, started)
        assert now(connection, "acme.com")["icp_score"] == 9
        assert now(connection, "acme.com")["research_run_count"] == 2


def test_saving_and_refreshing_at_once_wait_for_each_other(engine: Engine) -> None:
    """In one order: neither ends in a deadlock, and the newest research stands."""
    with engine.begin() as connection:
        save(connection, 3, days_ago(3))
        connection.execute(text("update accounts set company_name = account_domain"))
    for number in range(5):
        score = 4 + number
        at_once(
            engine,
            [
                lambda connection: refresh(connection, full=True),
                lambda connection, score=score: save(connection, score, datetime.now(UTC)),
                lambda connection: refresh(connection, full=True),
            ],
        )
        with engine.begin() as connection:
            assert now(connection, "acme.com")["icp_score"] == score


def test_params_are_kept(connection: Connection) -> None:
    started = start_refresh(
        connection, airflow_run_id="r", params={"full": True}, watermark=None, snapshot_months=1, full=True
    )
    [row] = stored(connection, "feature_refreshes", "id, params, scope, status")
    assert row == {"id": started.id, "params": {"full": True}, "scope": "all accounts: asked for", "status": "running"}
    assert to_json(started.watermark.as_dict())


def test_month_starts() -> None:
    at = datetime(2026, 2, 1, 0, 0, tzinfo=UTC)
    assert month_starts(at, 3) == [datetime(2025, 12, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC), at]
    assert month_starts(at - timedelta(seconds=1), 1) == [datetime(2026, 1, 1, tzinfo=UTC)]
    assert month_starts(at, 0) == []
