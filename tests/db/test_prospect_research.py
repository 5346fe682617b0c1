"""Research coming in: what is kept, what is newest, who may save and read it, and what is refused."""

from __future__ import annotations

import itertools
import json
import random
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from prospecting.persistence.companies import CompanyRow, upsert_companies
from prospecting.persistence.database import unit_of_work
from prospecting.persistence.interactions import log_interactions
from prospecting.persistence.prospect_research import (
    SavedResearch,
    find_research,
    query_research,
    record_research_failure,
    save_prospect_research,
)
from tests.clock import from_now
from tests.db.acting import ANN, BEA, act_as, as_api, batch, only, reset
from tests.db.factories import NASTY_TEXTS, at_once, count, empty, hours, stored, versions
from tests.db.incoming_research import FACTS, RESEARCH_TABLES, document, refreshed, save, scored, shown


# ------------------------------------------------------------------ research and everything that follows from it
def test_a_research_is_saved_with_its_run_and_its_account(connection: Connection, role: str) -> None:
    saved = save(connection)
    reset(connection)
    assert (saved.account_domain, saved.icp_score, saved.priority_level) == ("acme.com", 10, "high")
    assert (saved.extracted_at, saved.is_new, saved.is_stored, saved.is_newest) == (hours(1), True, True, True)
    assert stored(connection, "users", "id") == [{"id": ANN}]
    row = only(connection, "prospect_intelligence")
    assert row["id"] == saved.id
    assert row["data"] == document()
    assert (row["user_id"], row["website_url"], row["company_name"]) == (ANN, "https://www.acme.com", "Acme, Inc.")
    assert (row["icp_score"], row["priority_level"]) == (10, "high")
    assert (row["extracted_at"], row["extraction_duration_ms"]) == (hours(1), 4000)
    facts = {
        "icp_score": 10,
        "priority_level": "high",
        "is_b2b_saas": True,
        "has_modern_stack": True,
        "technology_count": 2,
        "has_open_engineering_roles": True,
        "engineering_role_count": 7,
        "total_open_roles": 20,
        "has_engineering_blog": True,
        "employees_min": 100,
        "employees_max": 250,
        "has_funding": True,
    }
    assert only(connection, "prospect_intelligence_runs", FACTS) == facts
    assert only(connection, "account_signals", FACTS) == facts
    run = only(connection, "prospect_intelligence_runs")
    assert (run["user_id"], run["account_domain"], run["run_status"]) == (ANN, "acme.com", "success")
    assert (run["website_url"], run["company_name"]) == ("https://www.acme.com", "Acme, Inc.")
    assert (run["created_at"], run["error_type"], run["error_message"]) == (hours(1), None, None)
    account = only(connection, "accounts")
    assert (account["account_domain"], account["company_name"]) == ("acme.com", "Acme, Inc.")
    assert (account["website_url"], account["company_id"]) == ("https://www.acme.com", None)
    assert account["last_prospect_intelligence_id"] == saved.id
    assert shown(connection) == (10, "high", hours(1))
    assert [row["account_domain"] for row in stored(connection, "account_changes")] == ["acme.com"]


def test_the_same_research_again_writes_nothing(connection: Connection, role: str) -> None:
    first = save(connection)
    reset(connection)
    before = versions(connection)
    act_as(connection, role)
    again = [save(connection), save(connection, website_url="WWW.Acme.com", user=str(ANN))]  # type: ignore[arg-type]
    reset(connection)
    assert versions(connection) == before
    for saved in again:
        assert (saved.id, saved.is_new, saved.is_stored, saved.is_newest) == (first.id, False, True, True)


def test_newer_research_replaces_older(connection: Connection, role: str) -> None:
    first = save(connection, 1, data=scored(9))
    second = save(connection, 2, data=scored(3))
    reset(connection)
    assert (second.id, second.is_new, second.is_stored, second.is_newest) == (first.id, False, True, True)
    row = only(connection, "prospect_intelligence")
    assert (row["icp_score"], row["extracted_at"]) == (3, hours(2))
    assert shown(connection) == (3, "low", hours(2))
    assert count(connection, "prospect_intelligence_runs") == 2


def test_older_research_is_recorded_and_replaces_nothing(connection: Connection, role: str) -> None:
    save(connection, 2, data=scored(3))
    reset(connection)
    before = {table: stored(connection, table) for table in ("prospect_intelligence", "accounts", "account_signals")}
    act_as(connection, role)
    older = save(connection, 1, data=scored(9))
    reset(connection)
    assert (older.is_new, older.is_stored, older.is_newest, older.icp_score) == (False, False, False, 9)
    assert {table: stored(connection, table) for table in before} == before
    assert [run["icp_score"] for run in stored(connection, "prospect_intelligence_runs", order="created_at")] == [9, 3]


def test_the_account_shows_the_newest_research_of_anybody(connection: Connection) -> None:
    with as_api(connection, ANN):
        ann = save(connection, 2, ANN, data=scored(9))
    with as_api(connection, BEA):
        older = save(connection, 1, BEA, data=scored(3))
    assert (older.is_new, older.is_stored, older.is_newest) == (True, True, False)
    assert shown(connection) == (9, "high", hours(2))
    with as_api(connection, BEA):
        newer = save(connection, 3, BEA, data=scored(5))
    assert (newer.id, newer.is_new, newer.is_stored, newer.is_newest) == (older.id, False, True, True)
    assert shown(connection) == (5, "medium", hours(3))
    assert only(connection, "accounts")["last_prospect_intelligence_id"] == newer.id != ann.id
    assert count(connection, "prospect_intelligence") == 2


def test_of_one_moment_the_first_saved_stays(connection: Connection) -> None:
    first = save(connection, 1, ANN, data=scored(9))
    other_user = save(connection, 1, BEA, data=scored(3))
    same_user = save(connection, 1, ANN, data=scored(2))
    assert first.is_newest
    assert (other_user.is_stored, other_user.is_newest) == (True, False)
    assert (same_user.id, same_user.is_stored, same_user.is_newest) == (first.id, False, False)
    assert shown(connection) == (9, "high", hours(1))
    runs = stored(connection, "prospect_intelligence_runs", "user_id, icp_score", order="recorded_at")
    assert [(run["user_id"], run["icp_score"]) for run in runs] == [(ANN, 9), (BEA, 3)]


def test_what_the_newest_research_does_not_know_is_unknown_again(connection: Connection) -> None:
    save(connection, 1)
    save(connection, 2, data={"companyName": "Acme"})
    assert only(connection, "account_signals", FACTS) == {
        **dict.fromkeys(FACTS.split(", ")), "icp_score": 4, "priority_level": "low",
    }  # fmt: skip


def test_addresses_of_one_site_are_one_account(connection: Connection) -> None:
    for hour, website in enumerate(
        ("acme.com", "http://www.acme.com", "https://careers.acme.com/jobs", "acme.com/about")
    ):
        assert save(connection, hour, website_url=website).account_domain == "acme.com"
    assert count(connection, "accounts") == 1
    assert len({row["website_url"] for row in stored(connection, "prospect_intelligence")}) == 4
    assert shown(connection)[2] == hours(3)


def test_one_page_is_one_research_whichever_way_it_is_asked_for(connection: Connection) -> None:
    spellings = ("acme.com", "http://acme.com/", "https://ACME.com?utm_source=x&lang=de", "http://acme.com:80/?a=1#top")
    saved = [save(connection, hour, website_url=website) for hour, website in enumerate(spellings)]
    assert [each.is_new for each in saved] == [True, False, False, False]
    assert (len({each.id for each in saved}), count(connection, "prospect_intelligence")) == (1, 1)
    assert only(connection, "prospect_intelligence")["website_url"] == "https://acme.com"
    failed = {record_research_failure(connection, ANN, each, "timeout", ran_at=hours(9)) for each in spellings}
    assert len(failed) == 1


def test_saving_leaves_the_other_features_alone(connection: Connection) -> None:
    save(connection, 1)
    connection.execute(
        text("update account_signals set interaction_count = 5, slots_filled = 2, research_run_count = 1")
    )
    save(connection, 2)
    row = only(connection, "account_signals")
    assert (row["interaction_count"], row["slots_filled"], row["research_run_count"]) == (5, 2, 1)


def test_a_website_nobody_knew_is_filled_by_older_research_too(connection: Connection) -> None:
    save(connection, 2)
    connection.execute(text("update accounts set website_url = null"))
    save(connection, 1)
    save(connection, 3, website_url="https://acme.com/other")
    assert only(connection, "accounts")["website_url"] == "https://www.acme.com"


def test_an_account_a_refresh_made_gets_its_research(connection: Connection) -> None:
    connection.execute(text("insert into accounts (account_domain, company_name) values ('acme.com', 'acme.com')"))
    connection.execute(
        text("insert into account_signals (account_domain, company_name) values ('acme.com', 'acme.com')")
    )
    saved = save(connection)
    account = only(connection, "accounts")
    assert saved.is_newest
    assert (account["company_name"], account["website_url"]) == ("Acme, Inc.", "https://www.acme.com")
    assert only(connection, "account_signals")["company_name"] == "Acme, Inc."
    assert shown(connection) == (10, "high", hours(1))


def test_after_its_research_was_deleted_an_account_keeps_what_it_knew(connection: Connection) -> None:
    save(connection)
    with as_api(connection, ANN):
        connection.execute(text("select delete_own_research(id) from prospect_intelligence"))
    assert only(connection, "accounts")["last_prospect_intelligence_id"] is None
    assert shown(connection) == (10, "high", hours(1))
    assert save(connection, 2).is_newest


@pytest.mark.parametrize(
    ("website", "name", "is_account"),
    [
        ("gmail.com", "Gmail", False),
        ("https://outlook.com/", "Acme", False),
        ("https://web.de", "Acme", False),
        ("https://web.de", None, False),
        ("https://proton.me", "Proton", True),
        ("https://www.zoho.com", "Zoho Corporation", True),
    ],
)
def test_a_host_of_mailboxes_is_the_website_of_nobody_else(
    connection: Connection, role: str, website: str, name: str | None, is_account: bool
) -> None:
    works = (
        lambda: save(connection, website_url=website, data={"companyName": name, "icpScore": {"overallScore": 7}}),
        lambda: record_research_failure(connection, ANN, website, "error", company_name=name),
    )
    for work in works:
        if is_account:
            work()
        else:
            with pytest.raises(ValueError, match=r"anybody can have a mailbox|not the address of a company's own"):
                work()
    reset(connection)
    assert count(connection, "accounts") == is_account
    assert count(connection, "prospect_intelligence_runs") == 2 * is_account


# ------------------------------------------------------------------ names
@pytest.mark.parametrize(
    ("in_document", "argument", "on_spine", "expected"),
    [
        ("Acme", "Globex", "Spine", "Acme"),
        (None, "Globex", "Spine", "Globex"),
        ("N/A", "unknown", "Spine", "Spine"),
        (None, None, "Spine", "Spine"),
        (None, None, None, "acme.com"),
    ],
)
def test_the_name_comes_from_whoever_knows_it(
    connection: Connection, in_document: str | None, argument: str | None, on_spine: str | None, expected: str
) -> None:
    if on_spine:
        upsert_companies(connection, [CompanyRow(on_spine, "acme.com")], source_system="test")
    with as_api(connection, ANN):
        save(connection, data={"companyName": in_document}, company_name=argument)
    for table in ("prospect_intelligence", "prospect_intelligence_runs", "accounts", "account_signals"):
        assert only(connection, table)["company_name"] == expected


def test_a_merged_company_is_called_like_its_winner(connection: Connection) -> None:
    upsert_companies(connection, [CompanyRow("Old", "acme.com"), CompanyRow("New", "new.com")], source_system="test")
    connection.execute(
        text("update companies set merged_into_id = (select id from companies where name = 'New') where name = 'Old'")
    )
    save(connection, data={})
    assert only(connection, "accounts")["company_name"] == "New"


def test_a_known_name_stays_and_helps_the_next_research(connection: Connection) -> None:
    save(connection, 1, data={})
    save(connection, 2, data={"companyName": "Acme"})
    save(connection, 3, BEA, data={"companyName": "ACME Corp."})
    nameless = save(connection, 4, UUID(int=3), data={})
    assert only(connection, "accounts")["company_name"] == "Acme"
    assert only(connection, "account_signals")["company_name"] == "Acme"
    with as_api(connection, UUID(int=3)):
        found = find_research(connection, nameless.id, user_id=UUID(int=3))
    assert found is not None
    assert found["company_name"] == "Acme"


# ------------------------------------------------------------------ scores
@pytest.mark.parametrize(
    ("given_score", "score", "priority"),
    [
        ({"overallScore": 7, "priorityLevel": "high"}, 7, "high"),
        ({"overallScore": 8, "priorityLevel": "urgent"}, 8, "high"),
        ({"overallScore": "5"}, 5, "medium"),
        ({"overallScore": 4.0, "priorityLevel": None}, 4, "low"),
        ({"overallScore": None, "priorityLevel": "low"}, 10, "high"),
        ({}, 10, "high"),
        (None, 10, "high"),
    ],
)
def test_the_documents_own_score_stands_else_the_rules_decide(
    connection: Connection, given_score: Any, score: int, priority: str
) -> None:
    saved = save(connection, data=document(icpScore=given_score))
    assert (saved.icp_score, saved.priority_level) == (score, priority)
    assert shown(connection)[:2] == (score, priority)


def test_nothing_known_is_a_low_score(connection: Connection) -> None:
    saved = save(connection, data={})
    assert (saved.icp_score, saved.priority_level) == (4, "low")


# ------------------------------------------------------------------ times
def test_the_time_is_the_given_one_else_the_documents_else_now(connection: Connection) -> None:
    dated = document(extractedAt="2026-01-01T05:00:00Z")
    assert save(connection, 7, data=dated, website_url="a.com").extracted_at == hours(7)
    assert save(connection, None, data=dated, website_url="b.com").extracted_at == hours(5)
    began = datetime.now(UTC)
    assert began <= save(connection, None, website_url="c.com").extracted_at <= datetime.now(UTC)
    elsewhere = hours(7).astimezone(timezone(timedelta(hours=-8)))
    assert save(connection, None, website_url="a.com", data=dated, extracted_at=elsewhere).is_new is False
    assert save(connection, website_url="d.com", extracted_at="2026-01-01T02:00:00+02:00").extracted_at == hours(0)
    assert count(connection, "prospect_intelligence_runs") == 4


def test_a_document_without_a_time_that_is_stored_is_the_same_research(connection: Connection) -> None:
    first = save(connection, None)
    before = versions(connection)
    again = save(connection, None)
    assert versions(connection) == before
    assert (again.extracted_at, again.is_newest) == (first.extracted_at, True)
    other = save(connection, None, data=scored(3))
    assert other.is_newest
    assert other.extracted_at > first.extracted_at


@pytest.mark.parametrize(("given_duration", "stored_duration"), [(None, 4000), (0, 0), (123, 123)])
def test_durations(connection: Connection, given_duration: int | None, stored_duration: int) -> None:
    save(connection, extraction_duration_ms=given_duration)
    assert only(connection, "prospect_intelligence")["extraction_duration_ms"] == stored_duration


def test_an_unknown_duration_is_none_at_all(connection: Connection) -> None:
    save(connection, data={})
    assert only(connection, "prospect_intelligence")["extraction_duration_ms"] == 0


# ------------------------------------------------------------------ what is refused
@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"website_url": ""}, "website_url"),
        ({"website_url": "n/a"}, "website_url"),
        ({"website_url": "localhost:3000"}, "website_url"),
        ({"website_url": "jane.secret@acme.com"}, "website_url"),
        ({"website_url": "https://linkedin.com/company/secret"}, "website_url"),
        ({"website_url": None}, "website_url"),
        ({"website_url": None, "data": document(companyWebsite="secret")}, "website_url"),
        ({"website_url": None, "data": document(companyWebsite="linkedin.com/company/secret")}, "companyWebsite"),
        ({"website_url": "secret", "data": document(companyWebsite="acme.com")}, "website_url"),
        ({"website_url": "ftp://secret.com"}, "website_url"),
        ({"website_url": "http://acme.com/\x00"}, "website_url"),
        ({"user_id": "secret"}, "user_id"),
        ({"user_id": None}, "user_id"),
        ({"user_id": 7}, "user_id"),
        ({"data": None}, "data is missing"),
        ({"data": []}, "object"),
        ({"data": "secret"}, "JSON"),
        ({"data": {"icpScore": {"overallScore": 11}}}, "icpScore.overallScore"),
        ({"data": {"icpScore": {"overallScore": "secret"}}}, "icpScore.overallScore"),
        ({"data": {"extractedAt": "secret"}, "extracted_at": None}, "extractedAt"),
        ({"extracted_at": datetime(2026, 1, 1)}, "extracted_at has no time zone"),  # noqa: DTZ001
        ({"extracted_at": "2026-01-01"}, "extracted_at has no time zone"),
        ({"extracted_at": "secret"}, "extracted_at is not a time"),
        ({"extracted_at": 1767225600}, "extracted_at is not a time"),
        ({"extracted_at": timedelta(days=2)}, "extracted_at lies in the future"),
        ({"extracted_at": None, "data": {"extractedAt": "2099-01-01T00:00:00Z"}}, "extracted_at lies in the future"),
        ({"extracted_at": datetime(1, 1, 1, tzinfo=UTC)}, "extracted_at lies before"),
        ({"extracted_at": datetime.max.replace(tzinfo=timezone(timedelta(hours=-1)))}, "extracted_at is beyond"),
        ({"extraction_duration_ms": -1}, "extraction_duration_ms"),
        ({"extraction_duration_ms": 2**31}, "extraction_duration_ms"),
        ({"extraction_duration_ms": True}, "extraction_duration_ms"),
        ({"extraction_duration_ms": 1.5}, "extraction_duration_ms"),
        ({"data": json.loads('{"a":' * 600 + "1" + "}" * 600)}, "nested too deeply"),
    ],
)
def test_what_is_unusable_is_refused_before_anything_is_written(
    connection: Connection, arguments: dict[str, Any], named: str
) -> None:
    with pytest.raises(ValueError, match=named) as refused:
        save(connection, **from_now(arguments))
    assert "secret" not in str(refused.value)
    assert all(count(connection, table) == 0 for table in RESEARCH_TABLES)


def test_a_clock_may_be_a_little_fast(connection: Connection) -> None:
    assert save(connection, extracted_at=datetime.now(UTC) + timedelta(hours=1)).is_newest


# ------------------------------------------------------------------ any content
@pytest.mark.parametrize("nasty", NASTY_TEXTS.values(), ids=NASTY_TEXTS)
def test_nasty_texts(connection: Connection, nasty: str) -> None:
    data = document(companyName=nasty, companyDescription=nasty, **{nasty: nasty}, hiring={"totalOpenRoles": nasty})
    saved = save(connection, data=data)
    again = save(connection, data=data)
    assert (again.id, again.is_stored) == (saved.id, True)
    row = only(connection, "prospect_intelligence")
    assert "\x00" not in json.dumps(row["data"])
    if nasty.isprintable():
        assert row["data"]["companyDescription"] == nasty


def test_without_a_website_the_research_is_of_the_documents_own(connection: Connection) -> None:
    own = document(companyWebsite="https://www.Acme.com/about")
    saved = save_prospect_research(connection, ANN, data=own, extracted_at=hours(1))
    assert saved.account_domain == "acme.com"
    assert only(connection, "prospect_intelligence")["website_url"] == "https://www.acme.com/about"
    assert save_prospect_research(connection, ANN, "globex.com", own).account_domain == "globex.com"


def test_a_document_may_come_as_the_text_an_agent_wrote(connection: Connection) -> None:
    save(connection, data=f"Sure!\n```json\n{json.dumps(document())}\n```")
    assert only(connection, "prospect_intelligence")["data"] == document()
    assert shown(connection)[0] == 10


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
    | st.sampled_from(["3+", "100-250", "yes"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["hasOpenEngineeringRoles", "totalOpenRoles", "fundingInfo"]) | st.text(max_size=5),
        inner,
        max_size=4,
    ),
    max_leaves=10,
)  # fmt: skip


@given(data=st.dictionaries(st.sampled_from([key for key in document() if key != "extractedAt"]), JUNK, max_size=7))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_document_can_be_saved_and_saved_again(shared_engine: Engine, data: dict[str, Any]) -> None:
    with shared_engine.connect() as connection:
        assert save(connection, data=data).is_newest
        before = versions(connection)
        assert save(connection, data=data).is_stored
        assert versions(connection) == before


SAVES = st.lists(
    st.tuples(st.sampled_from([ANN, BEA]), st.integers(0, 5), st.integers(1, 10), st.booleans()), min_size=1, max_size=6
)


@given(saves=SAVES, seed=st.randoms(use_true_random=False))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_order_of_saves_ends_the_same_and_as_a_refresh_would_compute_it(
    shared_engine: Engine, saves: list[tuple[UUID, int, int, bool]], seed: random.Random
) -> None:
    # No two of one moment: of those the first saved stays.
    distinct = list({(user, hour): (user, hour, score, full) for user, hour, score, full in saves}.values())
    distinct = [(user, hour + (0.5 if user == BEA else 0), score, full) for user, hour, score, full in distinct]
    ends = []
    for order in (distinct, seed.sample(distinct, len(distinct))):
        with shared_engine.connect() as connection:
            for user, hour, score, full in order:
                own = {"icpScore": {"overallScore": score}, "companyName": "Acme"}
                save(connection, hour, user, data=document(**own) if full else own)
            now = only(connection, "account_signals", f"{FACTS}, last_research_at, company_name")
            assert now == refreshed(connection)
            account = only(connection, "accounts", "last_icp_score, last_priority_level, last_research_at")
            research = stored(connection, "prospect_intelligence", "user_id, icp_score, extracted_at", "user_id")
            ends.append((now, account, research))
            assert shown(connection)[2] == max(hours(hour) for _, hour, _, _ in distinct)
    assert ends[0] == ends[1]


# ------------------------------------------------------------------ row-level security
def test_nobody_saves_for_somebody_else(connection: Connection) -> None:
    for user in (BEA, None):
        savepoint = connection.begin_nested()
        act_as(connection, "prospecting_api", user)
        with pytest.raises(DBAPIError, match="row-level security"):
            save(connection, user=ANN)
        savepoint.rollback()
    assert all(count(connection, table) == 0 for table in RESEARCH_TABLES)


def test_a_user_reads_their_own_research(connection: Connection) -> None:
    ann = save(connection, 1, ANN, data=scored(9))
    second = save(connection, 2, ANN, website_url="globex.com", data=scored(5))
    bea = save(connection, 3, BEA)
    # Nobody's security but the filter's: the owner sees everything.
    assert [row["id"] for row in query_research(connection, user_id=ANN)] == [second.id, ann.id]
    assert [row["id"] for row in query_research(connection, user_id=str(ANN), limit=1)] == [second.id]
    assert find_research(connection, bea.id, user_id=ANN) is None
    with as_api(connection, ANN):
        assert [row["icp_score"] for row in query_research(connection, user_id=ANN)] == [5, 9]
        assert query_research(connection, user_id=BEA) == []
        assert find_research(connection, bea.id, user_id=BEA) is None
        found = find_research(connection, str(ann.id), user_id=ANN)
    assert found is not None
    assert found["data"] == scored(9)
    assert "data" not in query_research(connection, user_id=ANN)[0]
    assert find_research(connection, uuid4(), user_id=ANN) is None
    with pytest.raises(ValueError, match="research_id"):
        find_research(connection, "7", user_id=ANN)


# ------------------------------------------------------------------ concurrency and interruption
def test_one_user_saving_at_once(engine: Engine) -> None:
    works = [lambda connection, hour=hour: save(connection, hour, data=scored(hour + 1)) for hour in range(6)]
    found = at_once(engine, works)
    assert len({saved.id for saved in found}) == 1
    assert sum(saved.is_new for saved in found) == 1
    with engine.connect() as connection:
        assert only(connection, "prospect_intelligence")["icp_score"] == 6
        assert shown(connection) == (6, "medium", hours(5))
        assert count(connection, "prospect_intelligence_runs") == 6


def test_the_same_research_saved_at_once(engine: Engine) -> None:
    for hour in (1, None):
        found = at_once(engine, [lambda connection, hour=hour: save(connection, hour)] * 5)
        assert len({(saved.id, saved.extracted_at) for saved in found}) == 1
        assert sum(saved.is_new for saved in found) == 1
        # And again, where nobody waits for whoever adds the user or the account.
        found = at_once(engine, [lambda connection, hour=hour: save(connection, hour and 2, data=scored(3))] * 5)
        assert len({(saved.id, saved.extracted_at) for saved in found}) == 1
        with engine.connect() as connection:
            assert count(connection, "prospect_intelligence_runs") == 2
        empty(engine)


def test_of_runs_of_one_moment_it_is_on_record_which_was_saved_first(engine: Engine) -> None:
    with engine.begin() as early:
        early.execute(text("select now()"))
        with engine.begin() as late:
            save(late, 1, BEA, data=scored(3))
        save(early, 1, ANN, data=scored(9))
    with engine.connect() as connection:
        runs = stored(connection, "prospect_intelligence_runs", "user_id", order="recorded_at")
        assert [run["user_id"] for run in runs] == [BEA, ANN]
        assert shown(connection) == (3, "low", hours(1))


def test_several_users_saving_at_once_as_the_api(engine: Engine) -> None:
    def work(number: int) -> Any:
        def run(connection: Connection) -> SavedResearch:
            with as_api(connection, UUID(int=number)):
                return save(connection, number, UUID(int=number), data=scored(number))

        return run

    found = at_once(engine, [work(number) for number in range(1, 8)])
    assert all(saved.is_new and saved.is_stored for saved in found)
    with engine.connect() as connection:
        assert shown(connection) == (7, "medium", hours(7))
        assert only(connection, "accounts")["last_prospect_intelligence_id"] == found[6].id
        assert (count(connection, "users"), count(connection, "prospect_intelligence")) == (7, 7)


def test_killed_midway_nothing_is_left_and_saving_again_works(engine: Engine) -> None:
    def save_and_be_killed() -> None:
        with unit_of_work(engine) as connection:
            save(connection)
            log_interactions(connection, batch(50))
            pid = connection.execute(text("select pg_backend_pid()")).scalar_one()
            with engine.begin() as other:
                other.execute(text("select pg_terminate_backend(:pid)"), {"pid": pid})
            save(connection, 2)

    with pytest.raises(DBAPIError):
        save_and_be_killed()
    with unit_of_work(engine) as connection:
        assert all(count(connection, table) == 0 for table in (*RESEARCH_TABLES, "user_interactions"))
        assert save(connection).is_newest
        assert log_interactions(connection, batch(50)).logged == 50


# ------------------------------------------------------------------ with interactions
def test_what_the_functions_save_a_refresh_can_read(connection: Connection) -> None:
    save(connection, 1)
    log_interactions(connection, batch(12))
    found = refreshed(connection)
    assert (found["icp_score"], found["last_research_at"]) == (10, hours(1))
    row = only(connection, "computed_features", "interaction_count, viewed_count, engaged_user_count, engagement_score")
    assert (row["interaction_count"], row["viewed_count"], row["engaged_user_count"]) == (12, 2, 1)
    assert float(row["engagement_score"]) == pytest.approx(3.2 / 6, abs=0.001)


def test_deleting_a_user_leaves_the_runs(connection: Connection) -> None:
    save(connection)
    log_interactions(connection, batch(3))
    connection.execute(text("delete from users"))
    assert [count(connection, table) for table in ("prospect_intelligence", "user_interactions")] == [0, 0]
    assert only(connection, "prospect_intelligence_runs")["user_id"] is None
    assert shown(connection) == (10, "high", hours(1))
    assert list(itertools.islice(query_research(connection, user_id=ANN), 1)) == []
