"""Who holds a company's seats, and what an evaluation writes, asks for and leaves alone."""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.exc import DBAPIError, IntegrityError, InternalError

from prospecting.parsing.titles import RULES
from prospecting.persistence import slots
from prospecting.persistence.companies import CompanyRow, upsert_companies
from prospecting.persistence.database import TaskAttempt, run_in_transaction, unit_of_work
from prospecting.persistence.persons import PersonRow, upsert_persons
from prospecting.persistence.slots import Chunk, Counters, Scope
from prospecting.persistence.statements import statement
from tests.db.factories import (
    add_companies,
    add_companies_with_ids,
    add_person,
    at_once,
    claim,
    close,
    content,
    count,
    empty,
    end_roles,
    evaluate,
    from_outside,
    holders,
    ids,
    killed_midway,
    nobody_found,
    person_name,
    preview,
    requests,
    seats,
    states,
    stored,
    versions,
    write_persons,
    write_slots,
)

CATALOG = Path(__file__).resolve().parents[2] / "include" / "catalog"
SLOT_ID = re.compile(r"04\.04\.05\.\d{2}\.\d{5,}\.\d{3}")
LONG_AGO = datetime(2024, 1, 1, tzinfo=UTC)
NOTHING_HELD = {"CEO": ("open", 0), "CFO": ("open", 0), "HR": ("open", 0)}
PENDING = ("pending", "queued", "assigned", "running")


@pytest.fixture
def acme(connection: Connection) -> int:
    return add_companies(connection, "Acme")[0]


def fill_long_ago(connection: Connection) -> None:
    """Within one transaction it is always now; a seat filled long ago shows whether its date is kept."""
    connection.execute(
        text("update company_slot set filled_at = :at where person_unique_id is not null"), {"at": LONG_AGO}
    )


def merge(connection: Connection, table: str, loser: int, winner: int) -> None:
    values = {"winner": winner, "loser": loser}
    connection.execute(text(f"update {table} set merged_into_id = :winner where id = :loser"), values)


def delete(connection: Connection, table: str, row_id: int) -> None:
    connection.execute(text(f"delete from {table} where id = :id"), {"id": row_id})


def pending_per_seat(connection: Connection) -> Counter[tuple[str, str]]:
    return Counter((row["company_unique_id"], row["slot_type"]) for row in requests(connection, *PENDING))


def assert_no_news(connection: Connection) -> Counters:
    """Another evaluation writes nothing: no row of any table has a new version."""
    before = versions(connection)
    counters = evaluate(connection)
    assert versions(connection) == before
    events = (counters.slots_created, counters.slots_updated, counters.backfill_triggered, counters.requests_cancelled)
    assert events == (0, 0, 0, 0)
    return counters


def busy_world(connection: Connection) -> dict[str, int]:
    """Companies in every situation there is, some of them with news since their last evaluation."""
    names = (
        "Closed",
        "Compound",
        "Crowd",
        "Deputy",
        "Ended",
        "Filled",
        "Kept",
        "Left",
        "Removed",
        "Running",
        "Upgrade",
    )
    found = dict(zip(names, add_companies(connection, *names), strict=True))
    add_person(connection, found["Kept"], "Ann Kay", "Chief Financial Officer")
    add_person(connection, found["Deputy"], "Ann Day", "Deputy CFO")
    leaver = add_person(connection, found["Left"], "Ann Lee", "CEO")
    gone = add_person(connection, found["Removed"], "Ann Roe", "CHRO")
    add_person(connection, found["Upgrade"], "Ann Ude", "Interim CEO", date(2025, 1, 1))
    evaluate(connection)
    for _ in range(2):
        nobody_found(connection, company_unique_ids=unique_ids(connection, found["Closed"]))
        evaluate(connection)
    claim(connection, "busy", company_unique_ids=unique_ids(connection, found["Running"]))
    # What has happened since.
    found |= dict(zip(("New", "Merged"), add_companies(connection, "New", "Merged"), strict=True))
    from_outside(connection, "failed", f"record_id in ({intake_of(found['Ended'])})")
    end_roles(connection, leaver)
    delete(connection, "persons", gone)
    merge(connection, "companies", found["Merged"], found["New"])
    add_person(connection, found["Merged"], "Ann Mee", "CEO")
    add_person(connection, found["Compound"], "Ann Coe", "CEO & CFO")
    add_person(connection, found["Closed"], "Ann Cle", "Head of HR")
    add_person(connection, found["Filled"], "Ann Fee", "CHRO")
    add_person(connection, found["Upgrade"], "Ann Upe", "CEO", date(2024, 1, 1))
    for number in range(3):
        add_person(connection, found["Crowd"], person_name(number), "HR Manager")
    return found


def unique_ids(connection: Connection, *company_ids: int) -> tuple[str, ...]:
    found = connection.execute(
        text("select company_unique_id from companies where id = any(:ids) order by id"), {"ids": list(company_ids)}
    )
    return tuple(found.scalars())


def intake_of(company_id: int) -> str:
    """SQL: the ids of the company's requests, as text."""
    return (
        "select i.id::text from intake.people_raw_intake as i join companies as c using (company_unique_id) "
        f"where c.id = {company_id}"
    )


# ------------------------------------------------------------------ any number of companies, and their ids
@pytest.mark.parametrize("number", [60, 500])
def test_any_number_of_companies_from_nothing(connection: Connection, number: int) -> None:
    add_companies(connection, *[f"Company {i}" for i in range(number)])
    counters = evaluate(connection)
    assert counters == Counters(
        companies_processed=number,
        slots_created=3 * number,
        slots_open=3 * number,
        backfill_triggered=3 * number,
    )
    found = [row["company_slot_unique_id"] for row in stored(connection, "company_slot", "company_slot_unique_id")]
    assert len(set(found)) == 3 * number
    assert all(SLOT_ID.fullmatch(slot_id) for slot_id in found)
    assert set(pending_per_seat(connection).values()) == {1}
    assert len(requests(connection)) == 3 * number


def test_ids_of_seats_stay_distinct_whatever_the_id_of_the_company(connection: Connection) -> None:
    numbers = [*range(1, 41), *range(330, 336), *range(33_330, 33_336), *range(99_998, 100_003), 123_456, 3_333_333_333]
    add_companies_with_ids(connection, *numbers)
    evaluate(connection)
    rows = stored(connection, "company_slot", "company_slot_unique_id, company_unique_id, slot_type")
    assert len({row["company_slot_unique_id"] for row in rows}) == len(rows) == 3 * len(numbers)
    for row in rows:
        assert SLOT_ID.fullmatch(row["company_slot_unique_id"])
        seat = 3 * (int(row["company_unique_id"].split(".")[4]) - 1) + ("CEO", "CFO", "HR").index(row["slot_type"]) + 1
        assert row["company_slot_unique_id"] == f"04.04.05.{seat % 100:02}.{seat:05}.{seat % 1000:03}"


def test_companies_that_come_later_get_their_seats_then(connection: Connection, acme: int) -> None:
    evaluate(connection)
    (globex,) = add_companies(connection, "Globex")
    counters = evaluate(connection)
    assert (counters.slots_created, counters.backfill_triggered, counters.slots_open) == (3, 3, 6)
    assert states(connection, globex) == states(connection, acme) == NOTHING_HELD


def test_nobody_to_evaluate(connection: Connection) -> None:
    before = versions(connection)
    assert evaluate(connection) == Counters()
    assert evaluate(connection).fill_rate == 0.0
    assert preview(connection) == (Counters(), [])
    assert slots.plan_chunks(connection, Scope(), batch_size=10) == []
    assert versions(connection) == before


def test_four_hundred_and_fifty_three_companies(connection: Connection) -> None:
    """The run that is on record: 152 seats somebody fits, 15 of them with two candidates, nobody in two seats."""
    lines = (CATALOG / "companies_wv.jsonl").read_text(encoding="utf-8").splitlines()
    shipped = [json.loads(line) for line in lines]
    assert len(shipped) == 442
    rows = [CompanyRow(row["company_name"], row.get("website"), row.get("linkedin_url")) for row in shipped]
    found = list(dict.fromkeys(ids(upsert_companies(connection, rows, source_system="catalog").saved)))
    # A few of them share a website and are one company.
    found += add_companies(connection, *[f"Made Up Company {i}" for i in range(453 - len(found))])
    fillable = [(company, title) for company in found for title in ("CEO", "CFO", "Head of HR")][::3][:75]
    fillable += [(company, "Chief Financial Officer") for company in found[50:116]]
    fillable += [(company, "HR Director") for company in found[200:211]]
    people = [PersonRow(person_name(i), *where) for i, where in enumerate(fillable)]
    people += [PersonRow(person_name(400 + i), fillable[10 * i][0], fillable[10 * i][1]) for i in range(15)]
    assert (len(fillable), len(people)) == (152, 167)
    assert not upsert_persons(connection, people, source_system="test").failures

    expected = Counters(
        companies_processed=453, slots_filled=152, slots_open=1207, slots_closed_missing=0, multiple_candidates=15
    )
    predicted, changes = preview(connection, most=5)
    assert predicted == expected
    assert changes[0]["total"] == 1359
    counters = evaluate(connection)
    assert counters == Counters(**expected.as_dict() | {"slots_created": 1359, "backfill_triggered": 1207})
    assert (counters.slots, round(counters.fill_rate, 1)) == (1359, 11.2)
    assert (count(connection, "intake.people_raw_intake"), count(connection, "agent_routing_log")) == (1207, 1207)
    assert_no_news(connection)


# ------------------------------------------------------------------ no news
def test_evaluating_again_writes_nothing_and_counts_the_same_states(connection: Connection) -> None:
    busy_world(connection)
    first = evaluate(connection)
    again = assert_no_news(connection)
    events = ("slots_created", "slots_updated", "backfill_triggered", "requests_cancelled")
    assert again == Counters(**first.as_dict() | dict.fromkeys(events, 0))
    found = (again.slots_filled, again.slots_open, again.slots_closed_missing)
    assert (all(found), sum(found)) == (True, again.slots)
    assert (again.compound_matches, again.multiple_candidates) == (1, 2)


def test_without_enrichment_no_seat_closes_however_often_it_is_evaluated(connection: Connection, acme: int) -> None:
    for _ in range(5):
        evaluate(connection)
    assert states(connection, acme) == NOTHING_HELD
    assert [row["enrichment_attempt"] for row in requests(connection)] == [1, 1, 1]


# ------------------------------------------------------------------ titles
TITLES: dict[str, dict[str, str]] = {
    "plain holders": dict.fromkeys(
        ["CEO", "President & CEO", "President/CEO", "CEO/Founder", "Chief Executive Officer", "C.E.O.", "Chief Exec. Officer"],
        "CEO 1.00",
    )
    | dict.fromkeys(["CFO", "Chief Financial Officer", "Chief Finance Officer"], "CFO 1.00")
    | dict.fromkeys(["Chief Human Resources Officer", "Chief People Officer", "CHRO"], "HR 1.00"),
    "lesser holders": {
        "Co-CEO": "CEO 0.90",
        "Interim CEO": "CEO 0.80",
        "Deputy Chief Executive": "CEO 0.70",
        "Deputy CFO": "CFO 0.70",
        "Fractional CFO": "CFO 0.60",
        "VP Finance": "CFO 0.50",
        "Controller": "CFO 0.30",
    },
    "human resources by level": {
        "VP of People": "HR 0.90",
        "VP People": "HR 0.90",
        "HR Director": "HR 0.80",
        "Head of People": "HR 0.80",
        "Human-Resources Manager": "HR 0.70",
        "Human Resource Manager": "HR 0.70",
        "People Ops Manager": "HR 0.70",
        "Personnel Manager": "HR 0.70",
        "HRBP": "HR 0.60",
        "Human Resources Coordinator": "HR 0.40",
        "HR Intern": "HR 0.20",
        "Talent Acquisition Intern": "HR 0.20",
    },
    "once, or for a holder": dict.fromkeys(
        ["Former CEO", "Ex-CEO", "Executive Assistant to the CEO", "Assistant to the Chief Executive", "Office of the CEO",
         "Chief Executive Nurse", "CFO Assistant", "CEOs Council"],
        "",
    ),
    "words that contain one": dict.fromkeys(
        ["Talented Software Engineer", "Talent Agent", "24-hr Support Technician", "24hr Nurse", "Director",
         "Director of HRIS", "Threshold Manager"],
        "",
    ),
    "beside a holder": dict.fromkeys(["President", "Owner", "Managing Director"], ""),
    "several at once": {"CEO & CFO": "CEO 1.00, CFO 1.00", "CFO and HR Director": "CFO 1.00, HR 0.80"},
}  # fmt: skip


@pytest.mark.parametrize("kind", TITLES)
def test_the_title_decides(connection: Connection, kind: str) -> None:
    titles = TITLES[kind]
    companies = dict(zip(titles, add_companies(connection, *[f"Company {i}" for i in range(len(titles))]), strict=True))
    for number, title in enumerate(titles):
        add_person(connection, companies[title], person_name(number), title)
    evaluate(connection)
    found = {
        title: ", ".join(
            f"{slot} {row['confidence_score']}" for slot, row in seats(connection, company).items() if row["person"]
        )
        for title, company in companies.items()
    }
    assert found == titles


def test_who_has_no_title_holds_nothing(connection: Connection, acme: int) -> None:
    for number, title in enumerate([None, "", "  "]):
        add_person(connection, acme, person_name(number), title)
    assert evaluate(connection).slots_filled == 0


def test_who_is_wanted_for_a_long_title_is_found(connection: Connection, acme: int) -> None:
    """A title is read to its three-hundredth character."""
    ann = add_person(connection, acme, "Ann Poe", "Chief Executive Officer, " + "of this and that " * 40)
    evaluate(connection)
    assert holders(connection, acme) == {"CEO": ann}
    assert slots.classify_new_titles(connection, Scope()) == 1
    assert_no_news(connection)


def test_titles_are_read_once_and_again_when_the_rules_change(connection: Connection, acme: int) -> None:
    ann = add_person(connection, acme, "Ann Poe", "CEO")
    add_person(connection, acme, "Bea Poe", "Nurse")
    assert slots.classify_new_titles(connection, Scope()) == 2
    assert slots.classify_new_titles(connection, Scope()) == 0
    assert stored(connection, "title_seats", "title, ceo_rank, cfo_rank, hr_rank, rules") == [
        {"title": "CEO", "ceo_rank": 1, "cfo_rank": None, "hr_rank": None, "rules": RULES},
        {"title": "Nurse", "ceo_rank": None, "cfo_rank": None, "hr_rank": None, "rules": RULES},
    ]
    connection.execute(text("update title_seats set ceo_rank = null, hr_rank = 1, rules = rules - 1"))
    evaluate(connection)
    assert holders(connection, acme) == {"CEO": ann}
    assert slots.classify_new_titles(connection, Scope()) == 2
    assert [row["ceo_rank"] for row in stored(connection, "title_seats")] == [1, None]


def test_what_is_remembered_of_titles_is_used(connection: Connection, acme: int) -> None:
    """A title is not read again by every evaluation."""
    add_person(connection, acme, "Ann Poe", "CEO")
    slots.classify_new_titles(connection, Scope())
    connection.execute(text("update title_seats set ceo_rank = null, hr_rank = 1"))
    evaluate(connection)
    assert holders(connection, acme).keys() == {"HR"}


def test_only_titles_in_scope_are_read(connection: Connection) -> None:
    acme, globex = add_companies(connection, "Acme", "Globex")
    add_person(connection, acme, "Ann Poe", "CEO")
    end_roles(connection, add_person(connection, acme, "Bea Poe", "CFO"))
    add_person(connection, globex, "Cat Poe", "CHRO")
    assert slots.classify_new_titles(connection, Scope(company_ids=(acme,))) == 1
    assert [row["title"] for row in stored(connection, "title_seats")] == ["CEO"]


# ------------------------------------------------------------------ who wins
CROWDS: dict[str, tuple[str, list[tuple[str, date | None]]]] = {
    # The seat, and who is there in the order they came; the last one wins.
    "an assistant came first": ("CEO", [("Assistant to the Chief Executive", date(2025, 9, 1)), ("CEO", None)]),
    "interim": ("CEO", [("Interim CEO", date(2025, 9, 1)), ("CEO", date(2025, 1, 1))]),
    "deputy": ("CFO", [("Deputy CFO", date(2025, 9, 1)), ("Interim CFO", None)]),
    "fractional": ("CFO", [("Fractional CFO", date(2025, 9, 1)), ("Deputy CFO", date(2025, 1, 1))]),
    "finance": ("CFO", [("Controller", None), ("VP Finance", date(2025, 9, 1)), ("Fractional CFO", None)]),
    "human resources": ("HR", [("HR Intern", None), ("HR Manager", None), ("HR Director", None), ("CHRO", None)]),
    "seen last": ("CEO", [("CEO", date(2025, 1, 1)), ("CEO", date(2024, 1, 1)), ("CEO", date(2025, 2, 1))]),
    "seen some day": ("CEO", [("CEO", None), ("CEO", date(2020, 1, 1))]),
}


def test_the_best_candidate_wins(connection: Connection) -> None:
    companies = dict(zip(CROWDS, add_companies(connection, *[f"Company {i}" for i in range(len(CROWDS))]), strict=True))
    expected = {}
    for case, (slot, crowd) in CROWDS.items():
        for number, (title, seen) in enumerate(crowd):
            expected[case] = {slot: add_person(connection, companies[case], person_name(number), title, seen)}
    counters = evaluate(connection)
    assert {case: holders(connection, company) for case, company in companies.items()} == expected
    assert counters.multiple_candidates == len(CROWDS) - 1, "the assistant is no candidate"
    assert_no_news(connection)


@pytest.mark.parametrize("seen", [None, date(2025, 1, 1)])
def test_of_equals_the_lowest_id_wins_whatever_the_order_of_the_rows(
    connection: Connection, acme: int, seen: date | None
) -> None:
    first = add_person(connection, acme, "Zoe Zee", "CEO", seen)
    second = add_person(connection, acme, "Ann Aye", "CEO", seen)
    # A row that is written again moves to the end of its table.
    connection.execute(text("update company_person_roles set updated_at = now() where person_id = :id"), {"id": first})
    connection.execute(text("update persons set updated_at = now() where id = :id"), {"id": first})
    evaluate(connection)
    assert first < second
    assert holders(connection, acme) == {"CEO": first}


def test_the_best_of_somebodys_titles_counts(connection: Connection, acme: int) -> None:
    ann = add_person(connection, acme, "Ann Poe", "Deputy CFO")
    add_person(connection, acme, "Ann Poe", "Chief Financial Officer")
    add_person(connection, acme, "Bea Poe", "Interim CFO")
    counters = evaluate(connection)
    assert (seats(connection, acme)["CFO"]["person"], str(seats(connection, acme)["CFO"]["confidence_score"])) == (
        ann,
        "1.00",
    )
    assert (counters.multiple_candidates, counters.compound_matches) == (1, 0)


def test_one_person_may_hold_two_seats(connection: Connection, acme: int) -> None:
    ann = add_person(connection, acme, "Ann Poe", "CEO & CFO")
    counters = evaluate(connection)
    assert holders(connection, acme) == {"CEO": ann, "CFO": ann}
    assert (counters.compound_matches, counters.multiple_candidates, counters.slots_filled) == (1, 0, 2)
    assert evaluate(connection).compound_matches == 1


def test_two_titles_of_one_person_may_fill_all_three(connection: Connection, acme: int) -> None:
    ann = add_person(connection, acme, "Ann Poe", "CEO & CFO")
    add_person(connection, acme, "Ann Poe", "Head of HR")
    counters = evaluate(connection)
    assert holders(connection, acme) == {"CEO": ann, "CFO": ann, "HR": ann}
    assert (counters.compound_matches, counters.fill_rate) == (1, 100.0)


def test_people_elsewhere_do_not_count(connection: Connection) -> None:
    acme, globex = add_companies(connection, "Acme", "Globex")
    ann = add_person(connection, globex, "Ann Poe", "CEO")
    evaluate(connection)
    assert (holders(connection, acme), holders(connection, globex)) == ({}, {"CEO": ann})


# ------------------------------------------------------------------ whoever holds a seat
def test_the_day_a_seat_was_filled_is_kept(connection: Connection, acme: int) -> None:
    add_person(connection, acme, "Ann Poe", "CEO")
    evaluate(connection)
    assert seats(connection, acme)["CEO"]["filled_at"]
    assert seats(connection, acme)["CEO"]["filled_by"] == "test"
    fill_long_ago(connection)
    add_person(connection, acme, "Ann Poe", "Chief Executive Officer", date(2025, 1, 1), source="other")
    evaluate(connection)
    assert seats(connection, acme)["CEO"]["filled_at"] == LONG_AGO
    assert seats(connection, acme)["CEO"]["filled_by"] == "test"


@pytest.mark.parametrize("title", ["CEO", "Interim CEO"])
def test_a_holder_is_not_swapped_for_an_equal(connection: Connection, acme: int, title: str) -> None:
    ann = add_person(connection, acme, "Ann Poe", title, date(2024, 1, 1))
    evaluate(connection)
    fill_long_ago(connection)
    add_person(connection, acme, "Bea Poe", title, date(2025, 1, 1))
    counters = evaluate(connection)
    assert holders(connection, acme) == {"CEO": ann}
    assert seats(connection, acme)["CEO"]["filled_at"] == LONG_AGO
    assert (counters.slots_updated, counters.multiple_candidates) == (0, 1)


def test_a_holder_is_swapped_for_a_better_one(connection: Connection, acme: int) -> None:
    add_person(connection, acme, "Ann Poe", "Interim CEO", date(2025, 1, 1))
    evaluate(connection)
    fill_long_ago(connection)
    bea = add_person(connection, acme, "Bea Poe", "CEO", date(2024, 1, 1), source="other")
    counters = evaluate(connection)
    seat = seats(connection, acme)["CEO"]
    assert (seat["person"], str(seat["confidence_score"]), seat["filled_by"]) == (bea, "1.00", "other")
    assert seat["filled_at"] > LONG_AGO
    assert (counters.slots_updated, counters.backfill_triggered) == (1, 0)
    assert_no_news(connection)


def test_a_holder_who_rises_keeps_seat_and_day(connection: Connection, acme: int) -> None:
    ann = add_person(connection, acme, "Ann Poe", "Interim CEO", date(2025, 1, 1))
    evaluate(connection)
    fill_long_ago(connection)
    add_person(connection, acme, "Ann Poe", "CEO", date(2025, 6, 1))
    evaluate(connection)
    seat = seats(connection, acme)["CEO"]
    assert (seat["person"], str(seat["confidence_score"]), seat["filled_at"]) == (ann, "1.00", LONG_AGO)


@pytest.mark.parametrize("how", ["role ended", "another title", "person deleted"])
def test_a_seat_reopens_when_its_holder_leaves(connection: Connection, acme: int, how: str) -> None:
    ann = add_person(connection, acme, "Ann Poe", "CEO", date(2025, 1, 1))
    nobody_found(connection, slot_types=("CEO",))
    evaluate(connection)
    assert states(connection, acme)["CEO"] == ("filled", 0)
    if how == "role ended":
        end_roles(connection, ann)
    elif how == "another title":
        add_person(connection, acme, "Ann Poe", "Nurse", date(2025, 2, 1))
    else:
        delete(connection, "persons", ann)
    counters = evaluate(connection)
    seat = seats(connection, acme)["CEO"]
    assert (seat["status"], seat["enrichment_attempts"], seat["is_filled"]) == ("open", 0, False)
    assert [seat[name] for name in ("person", "filled_at", "filled_by", "confidence_score")] == [None] * 4
    (request,) = [row for row in requests(connection) if row["slot_type"] == "CEO"]
    assert (request["enrichment_attempt"], request["routing_reason"]) == (1, "slot_backfill_CEO_attempt_1")
    assert (counters.slots_updated, counters.backfill_triggered) == (1, 1)
    assert_no_news(connection)


def test_a_seat_lost_after_attempts_starts_again_at_the_first(connection: Connection, acme: int) -> None:
    evaluate(connection)
    nobody_found(connection)
    ann = add_person(connection, acme, "Ann Poe", "CEO")
    evaluate(connection)
    end_roles(connection, ann)
    evaluate(connection)
    assert states(connection, acme) == {"CEO": ("open", 0), "CFO": ("open", 1), "HR": ("open", 1)}
    assert [(row["slot_type"], row["enrichment_attempt"]) for row in requests(connection, "queued")] == [
        ("CFO", 2), ("HR", 2), ("CEO", 1),
    ]  # fmt: skip


def test_a_seat_filled_by_hand_with_somebody_who_does_not_fit_starts_afresh(connection: Connection, acme: int) -> None:
    """Whatever attempts were left on it."""
    add_person(connection, acme, "Ann Poe", "Nurse")
    evaluate(connection)
    nobody_found(connection)
    connection.execute(text("update company_slot set person_unique_id = p.person_unique_id from persons as p"))
    assert states(connection, acme)["CEO"] == ("filled", 1)
    evaluate(connection)
    assert states(connection, acme) == NOTHING_HELD
    assert {row["enrichment_attempt"] for row in requests(connection, "queued")} == {1}


@pytest.mark.parametrize("successor", ["CEO", "Deputy CEO"])
def test_whoever_is_next_takes_over(connection: Connection, acme: int, successor: str) -> None:
    ann = add_person(connection, acme, "Ann Poe", "CEO")
    evaluate(connection)
    fill_long_ago(connection)
    bea = add_person(connection, acme, "Bea Poe", successor)
    end_roles(connection, ann)
    counters = evaluate(connection)
    assert holders(connection, acme) == {"CEO": bea}
    assert seats(connection, acme)["CEO"]["filled_at"] > LONG_AGO
    assert counters.backfill_triggered == 0


# ------------------------------------------------------------------ requests
def test_every_empty_seat_is_asked_for_once(connection: Connection, acme: int) -> None:
    add_person(connection, acme, "Ann Poe", "CFO")
    assert evaluate(connection).backfill_triggered == 2
    (acme_id,) = unique_ids(connection, acme)
    for slot, row in zip(("CEO", "HR"), requests(connection), strict=True):
        assert row["record_id"] == str(row["id"])
        wanted = {
            "source_system": "slot_backfill", "backfill_source": "slot_evaluation", "validated": False,
            "company_name": "Acme", "company_unique_id": acme_id, "slot_type": slot, "enrichment_attempt": 1,
            "record_type": "person_slot_backfill", "garage_bay": "bay_a", "agent_name": "b2_enrichment_agent",
            "routing_reason": f"slot_backfill_{slot}_attempt_1", "status": "queued", "settled_at": None,
            "claimed_by": None, "full_name": None, "email": None, "garage_run_id": None,
        }  # fmt: skip
        assert wanted.items() <= row.items()


def test_the_companys_name_is_asked_for_as_it_is(connection: Connection) -> None:
    names = ["Café Ünïön", "تعلم للأبد", "Ærø & Søn", "Юнион", "100% O'Brien's \"Best\" _x_; drop table", "東京"]
    add_companies(connection, *names)
    evaluate(connection)
    assert Counter(row["company_name"] for row in requests(connection)) == dict.fromkeys(names, 3)


def test_a_name_of_the_longest_kind_is_no_obstacle(connection: Connection, acme: int) -> None:
    connection.execute(text("update companies set name = repeat('é', 500) where id = :id"), {"id": acme})
    assert evaluate(connection).backfill_triggered == 3


@pytest.mark.parametrize("state", ["queued", "running", "assigned"])
def test_a_seat_lost_again_is_not_asked_for_twice(connection: Connection, acme: int, state: str) -> None:
    """Filled while it was being asked for, then lost: whatever became of the first request, one is pending."""
    evaluate(connection)
    if state == "running":
        claim(connection)
    else:
        from_outside(connection, state)
    ann = add_person(connection, acme, "Ann Poe", "CEO")
    cancelled = evaluate(connection).requests_cancelled
    assert cancelled == (state == "queued")
    assert_no_news(connection)
    end_roles(connection, ann)
    evaluate(connection)
    assert set(pending_per_seat(connection).values()) == {1}
    assert len(pending_per_seat(connection)) == 3
    assert len({row["id"] for row in requests(connection)}) == 3, "the intake row is the same"
    assert_no_news(connection)


def test_a_filled_seat_takes_its_waiting_request_back(connection: Connection, acme: int) -> None:
    evaluate(connection)
    add_person(connection, acme, "Ann Poe", "CEO & CFO")
    counters = evaluate(connection)
    assert (counters.requests_cancelled, counters.slots_updated, counters.backfill_triggered) == (2, 2, 0)
    cancelled = requests(connection, "cancelled")
    assert [row["slot_type"] for row in cancelled] == ["CEO", "CFO"]
    assert all(row["completed_at"] and row["settled_at"] and row["error_message"] for row in cancelled)
    assert [row["slot_type"] for row in requests(connection, "queued")] == ["HR"]


def test_a_request_made_elsewhere_is_respected(connection: Connection, acme: int) -> None:
    (acme_id,) = unique_ids(connection, acme)
    intake = connection.execute(
        text(
            "insert into intake.people_raw_intake (company_unique_id, company_name, source_system, slot_type) "
            "values (:id, 'Acme', 'slot_backfill', 'CEO'), (:id, 'Acme', 'slot_backfill', 'CFO') returning id"
        ),
        {"id": acme_id},
    ).scalars()
    connection.execute(
        text(
            "insert into agent_routing_log (record_type, record_id, garage_bay) "
            "values ('person_slot_backfill', :id, 'bay_a')"
        ),
        {"id": str(next(intake))},
    )
    assert evaluate(connection).backfill_triggered == 2, "one has a routing row of its own, one lacks it"
    assert set(pending_per_seat(connection).values()) == {1}
    assert count(connection, "intake.people_raw_intake") == 3


def test_other_peoples_intake_and_routing_rows_mean_nothing(connection: Connection, acme: int) -> None:
    (acme_id,) = unique_ids(connection, acme)
    evaluate(connection)
    connection.execute(
        text(
            "insert into intake.people_raw_intake (company_unique_id, company_name, source_system, slot_type) "
            "values (:id, 'Acme', 'import', 'CEO')"
        ),
        {"id": acme_id},
    )
    for record_type, record_id, status in (
        ("person", "1", "failed"), ("company", "abc", "completed"), ("person", "99999999999999999999", "queued"),
        ("person_slot_backfill", "abc", "failed"), ("person_slot_backfill", "", "queued"),
    ):  # fmt: skip
        connection.execute(
            text(
                "insert into agent_routing_log (record_type, record_id, garage_bay, status) values (:t, :i, 'bay_b', :s)"
            ),
            {"t": record_type, "i": record_id, "s": status},
        )
    assert_no_news(connection)
    assert states(connection, acme) == NOTHING_HELD


@pytest.mark.parametrize(
    ("columns", "values", "sqlstate"),
    [
        ("company_unique_id, slot_type, source_system, validated", "'x', 'CEO', 'slot_backfill', null", "23502"),
        ("company_unique_id, slot_type, source_system", "null, 'CEO', 'slot_backfill'", "23514"),
        ("company_unique_id, slot_type, source_system", "'x', null, 'slot_backfill'", "23514"),
        ("company_unique_id, slot_type, source_system", "'x', 'CTO', 'slot_backfill'", "23514"),
        ("company_unique_id, slot_type, source_system", "'x', 'CEO', null", "23502"),
        ("company_unique_id, slot_type, source_system", "'x', 'CEO', 'slot_backfill'), ('x', 'CEO', 'slot_backfill'", "23505"),
    ],
)  # fmt: skip
def test_a_request_says_whom_it_is_about_and_only_once(
    connection: Connection, columns: str, values: str, sqlstate: str
) -> None:
    with pytest.raises(IntegrityError) as refused:
        connection.execute(text(f"insert into intake.people_raw_intake ({columns}) values ({values})"))
    assert getattr(refused.value.orig, "sqlstate", None) == sqlstate


def test_intake_rows_of_other_kinds_need_no_company(connection: Connection) -> None:
    statement = "insert into intake.people_raw_intake (full_name, source_system) values ('Ann Poe', 'import')"
    for _ in range(2):
        connection.execute(text(statement))
    assert count(connection, "intake.people_raw_intake") == 2


# ------------------------------------------------------------------ attempts
@pytest.mark.parametrize("how", ["backfill", "failed", "completed"])
def test_every_request_that_ends_without_a_person_is_one_attempt(connection: Connection, acme: int, how: str) -> None:
    """Two of them close a seat, whoever says that they have ended."""
    evaluate(connection)
    for attempt in (1, 2):
        assert {row["enrichment_attempt"] for row in requests(connection, "queued")} == {attempt}
        assert {row["routing_reason"] for row in requests(connection, "queued")} == {
            f"slot_backfill_{slot}_attempt_{attempt}" for slot in ("CEO", "CFO", "HR")
        }
        if how == "backfill":
            assert {request.attempt for request in nobody_found(connection)} == {attempt}
        else:
            assert from_outside(connection, how) == 3
        counters = evaluate(connection)
        status = "open" if attempt == 1 else "closed_missing"
        assert states(connection, acme) == dict.fromkeys(("CEO", "CFO", "HR"), (status, attempt))
        assert counters.backfill_triggered == (3 if attempt == 1 else 0)
        assert counters.slots_closed_missing == (0 if attempt == 1 else 3)
        assert_no_news(connection)
    assert len(requests(connection)) == 6
    assert requests(connection, *PENDING) == []
    assert count(connection, "intake.people_raw_intake") == 3, "one row per seat, for all attempts"


def test_two_attempts_between_two_evaluations_are_two(connection: Connection, acme: int) -> None:
    """A program from outside asks again by itself, with a new routing row."""
    evaluate(connection)
    from_outside(connection, "failed")
    connection.execute(text("update agent_routing_log set settled_at = now()"))
    connection.execute(text("update company_slot set enrichment_attempts = enrichment_attempts + 1"))
    connection.execute(
        text(
            "insert into agent_routing_log (record_type, record_id, garage_bay, status) "
            "select record_type, record_id, garage_bay, 'failed' from agent_routing_log"
        )
    )
    assert evaluate(connection).slots_closed_missing == 3
    assert set(states(connection, acme).values()) == {("closed_missing", 2)}


@pytest.mark.parametrize("claimed", [False, True])
def test_a_cancelled_request_is_no_attempt(connection: Connection, acme: int, claimed: bool) -> None:
    evaluate(connection)
    if claimed:
        claim(connection)
    from_outside(connection, "cancelled", "status in ('queued', 'running')")
    counters = evaluate(connection)
    assert states(connection, acme) == NOTHING_HELD
    assert counters.backfill_triggered == 3
    assert {row["enrichment_attempt"] for row in requests(connection, "queued")} == {1}
    assert_no_news(connection)


@pytest.mark.parametrize("by", ["backfill", "outside"])
def test_a_request_that_brought_somebody_fills_the_seat(connection: Connection, acme: int, by: str) -> None:
    evaluate(connection)
    ann = add_person(connection, acme, "Ann Poe", "CEO", source="agent")
    if by == "backfill":
        close(connection, claim(connection, slot_types=("CEO",)), full_name="Ann Poe", title="CEO", score=100)
    else:
        connection.execute(text("update intake.people_raw_intake set validated = true where slot_type = 'CEO'"))
        assert from_outside(connection, "completed", "routing_reason like '%_CEO_%'") == 1
    counters = evaluate(connection)
    assert (holders(connection, acme), states(connection, acme)["CEO"]) == ({"CEO": ann}, ("filled", 0))
    assert (counters.slots_updated, counters.backfill_triggered, counters.requests_cancelled) == (1, 0, 0)
    assert seats(connection, acme)["CEO"]["filled_by"] == "agent"
    assert all(row["settled_at"] for row in requests(connection, "completed"))
    assert_no_news(connection)
    # Whoever leaves leaves a seat that is asked for anew: the first request has had its answer.
    end_roles(connection, ann)
    evaluate(connection)
    assert [row["validated"] for row in requests(connection) if row["slot_type"] == "CEO"] == [True, False]
    assert states(connection, acme)["CEO"] == ("open", 0)


def test_a_request_that_brought_the_wrong_person_is_an_attempt(connection: Connection, acme: int) -> None:
    evaluate(connection)
    for _ in range(2):
        add_person(connection, acme, "Ann Poe", "Assistant to the CEO")
        close(connection, claim(connection, slot_types=("CEO",)), full_name="Ann Poe", title="Assistant to the CEO")
        evaluate(connection)
        assert_no_news(connection)
    assert states(connection, acme)["CEO"] == ("closed_missing", 2)


def test_a_closed_seat_fills_when_somebody_fits(connection: Connection, acme: int) -> None:
    evaluate(connection)
    for _ in range(2):
        nobody_found(connection)
        evaluate(connection)
    ann = add_person(connection, acme, "Ann Poe", "Interim CFO")
    counters = evaluate(connection)
    assert states(connection, acme) == {"CEO": ("closed_missing", 2), "CFO": ("filled", 0), "HR": ("closed_missing", 2)}
    assert holders(connection, acme) == {"CFO": ann}
    assert (counters.slots_closed_missing, counters.slots_filled, counters.slots_updated) == (2, 1, 1)
    end_roles(connection, ann)
    evaluate(connection)
    assert states(connection, acme)["CFO"] == ("open", 0)
    assert [(row["slot_type"], row["enrichment_attempt"]) for row in requests(connection, "queued")] == [("CFO", 1)]


def test_an_attempt_that_ends_after_its_seat_was_filled_and_lost_counts_for_the_new_vacancy(
    connection: Connection, acme: int
) -> None:
    evaluate(connection)
    claimed = claim(connection, slot_types=("CEO",))
    ann = add_person(connection, acme, "Ann Poe", "CEO")
    evaluate(connection)
    end_roles(connection, ann)
    evaluate(connection)
    assert states(connection, acme)["CEO"] == ("open", 0)
    close(connection, claimed)
    evaluate(connection)
    assert states(connection, acme)["CEO"] == ("open", 1)
    assert set(pending_per_seat(connection).values()) == {1}


# ------------------------------------------------------------------ merged companies and people
def test_who_works_at_a_merged_company_works_at_the_one_it_became(connection: Connection) -> None:
    acme, old = add_companies(connection, "Acme", "Old")
    ann = add_person(connection, old, "Ann Poe", "CEO")
    merge(connection, "companies", old, acme)
    counters = evaluate(connection)
    assert (counters.companies_processed, counters.slots) == (1, 3)
    assert (holders(connection, acme), seats(connection, old)) == ({"CEO": ann}, {})
    assert_no_news(connection)


def test_a_company_that_is_merged_is_left_as_it_is(connection: Connection) -> None:
    acme, old = add_companies(connection, "Acme", "Old")
    evaluate(connection)
    before = seats(connection, old)
    ann = add_person(connection, old, "Ann Poe", "CEO")
    merge(connection, "companies", old, acme)
    assert evaluate(connection).companies_processed == 1
    assert (seats(connection, old), holders(connection, acme)) == (before, {"CEO": ann})
    assert_no_news(connection)


def test_a_person_known_twice_is_one_candidate(connection: Connection) -> None:
    acme, globex = add_companies(connection, "Acme", "Globex")
    ann = add_person(connection, acme, "Ann Poe", "CEO")
    annie = add_person(connection, acme, "Annie Poe", "CEO")
    other = add_person(connection, globex, "Ann Poe", "CFO")
    merge(connection, "persons", annie, ann)
    merge(connection, "persons", other, ann)
    counters = evaluate(connection)
    assert (holders(connection, acme), holders(connection, globex)) == ({"CEO": ann}, {"CFO": ann})
    assert counters.multiple_candidates == 0
    assert counters.compound_matches == 0, "seats of two companies"
    assert_no_news(connection)


def test_a_holder_found_to_be_somebody_known_keeps_the_seat(connection: Connection, acme: int) -> None:
    """Two records become one person; that is no reason for another one to take over."""
    annie = add_person(connection, acme, "Annie Poe", "CEO", date(2024, 1, 1))
    evaluate(connection)
    add_person(connection, acme, "Bea Poe", "CEO", date(2025, 1, 1))
    (globex,) = add_companies(connection, "Globex")
    ann = add_person(connection, globex, "Ann Poe", "Nurse")
    merge(connection, "persons", annie, ann)
    evaluate(connection)
    assert holders(connection, acme) == {"CEO": ann}
    assert_no_news(connection)


# ------------------------------------------------------------------ scope
SCOPES: list[tuple[dict[str, Any], str]] = [
    ({}, "Acme Corp|100% Juice|a_b Labs|aXb Labs|Café Ünïön"),
    ({"name_contains": "ACME"}, "Acme Corp"),
    ({"name_contains": "labs"}, "a_b Labs|aXb Labs"),
    ({"name_contains": "a_b"}, "a_b Labs"),
    ({"name_contains": "%"}, "100% Juice"),
    ({"name_contains": "\\"}, ""),
    ({"name_contains": "'; --"}, ""),
    ({"name_contains": "ÜNÏÖN"}, "Café Ünïön"),
    ({"industry": "FOOD"}, "100% Juice"),
    ({"industry": "foo"}, ""),
    ({"industry": "f%"}, ""),
    ({"source_system": "other"}, "100% Juice|a_b Labs"),
    ({"source_system": "OTHER"}, ""),
    ({"source_system": "other", "name_contains": "labs"}, "a_b Labs"),
    ({"company_ids": ()}, ""),
    ({"company_ids": (-1, 0, 2**60)}, ""),
]


def test_only_companies_in_scope_are_evaluated(connection: Connection) -> None:
    add_companies(connection, "Acme Corp")
    add_companies(connection, "100% Juice", industry="Food", source="other")
    add_companies(connection, "a_b Labs", source="other")
    add_companies(connection, "aXb Labs", "Café Ünïön")
    for scope, expected in SCOPES:
        nothing_yet = connection.begin_nested()
        counters = evaluate(connection, **scope)
        found = stored(connection, "companies join company_slot using (company_unique_id)", "name", "companies.id")
        names = [row["name"] for row in found]
        assert "|".join(dict.fromkeys(names)) == expected, scope
        assert counters.companies_processed * 3 == len(names) == len(requests(connection)), scope
        nothing_yet.rollback()


def test_companies_may_be_named_in_any_order_and_twice(connection: Connection) -> None:
    acme, globex, initech = add_companies(connection, "Acme", "Globex", "Initech")
    assert evaluate(connection, company_ids=(initech, acme, initech)).companies_processed == 2
    assert (len(seats(connection, acme)), len(seats(connection, globex)), len(seats(connection, initech))) == (3, 0, 3)


def test_only_seats_in_scope_are_evaluated(connection: Connection, acme: int) -> None:
    add_person(connection, acme, "Ann Poe", "CEO & CFO")
    counters = evaluate(connection, slot_types=("CFO",))
    assert (counters.slots_created, counters.slots_filled, counters.compound_matches) == (1, 1, 0)
    assert seats(connection, acme).keys() == {"CFO"}
    counters = evaluate(connection, slot_types=("HR", "CFO"))
    assert (counters.slots_created, counters.slots, counters.backfill_triggered) == (1, 2, 1)
    before = versions(connection)["agent_routing_log"]
    from_outside(connection, "failed")
    assert versions(connection)["agent_routing_log"] != before
    evaluate(connection, slot_types=("CEO",))
    assert states(connection, acme) == {"CEO": ("filled", 0), "CFO": ("filled", 0), "HR": ("open", 0)}
    evaluate(connection)
    assert states(connection, acme)["HR"] == ("open", 1)


@pytest.mark.parametrize(
    ("scope", "is_full"),
    [
        (Scope(), True),
        (Scope(slot_types=("CEO",)), False),
        (Scope(company_ids=()), False),
        (Scope(name_contains="x"), False),
        (Scope(industry="x"), False),
        (Scope(source_system="x"), False),
    ],
)
def test_a_scope_that_leaves_something_out_is_not_full(scope: Scope, is_full: bool) -> None:
    assert scope.is_full is is_full


def test_companies_that_are_none_are_named(connection: Connection) -> None:
    acme, old = add_companies(connection, "Acme", "Old")
    merge(connection, "companies", old, acme)
    found = slots.query_unknown_companies(connection, [old, 987_654_321, acme, -1])
    assert [(row["id"], row["merged_into_id"]) for row in found] == [(-1, None), (old, acme), (987_654_321, None)]
    assert slots.query_unknown_companies(connection, [acme]) == []
    assert len(slots.query_unknown_companies(connection, list(range(10**9, 10**9 + 50)))) == 20


# ------------------------------------------------------------------ chunks
def test_chunks_are_all_companies_in_scope_once_each(connection: Connection) -> None:
    found = add_companies(connection, *[f"Company {i}" for i in range(9)], "Globex")
    merge(connection, "companies", found[3], found[4])
    delete(connection, "companies", found[6])
    in_scope = [company for i, company in enumerate(found[:9]) if i not in (3, 6)]
    scope = Scope(name_contains="company")
    for size in (1, 2, 3, 6, 7, 8, 10**6):
        expected = [in_scope[start : start + size] for start in range(0, len(in_scope), size)]
        assert slots.plan_chunks(connection, scope, batch_size=size) == [
            Chunk(part[0], part[-1], 1 + size * number, len(part)) for number, part in enumerate(expected)
        ]
    chunks = slots.plan_chunks(connection, scope, batch_size=3)
    assert [slots.evaluate_slots(connection, scope, chunk).companies_processed for chunk in chunks] == [3, 3, 1]
    assert [company for company in found if seats(connection, company)] == in_scope


def test_chunk_by_chunk_is_the_same_as_at_once(connection: Connection) -> None:
    busy_world(connection)
    world = connection.begin_nested()
    at_one_go = evaluate(connection)
    expected = content(connection)
    world.rollback()
    for size in (1, 5):
        world = connection.begin_nested()
        chunks = slots.plan_chunks(connection, Scope(), batch_size=size)
        counters = [evaluate(connection, chunk).as_dict() for chunk in chunks]
        assert len(chunks) == -(-12 // size)
        assert Counters.total(counters) == at_one_go
        assert content(connection) == expected
        world.rollback()


# ------------------------------------------------------------------ dry run
def changes_between(
    before: dict[str, dict[str, Any]], after: dict[str, dict[str, Any]], asked: set[tuple[str, str]]
) -> dict[tuple[str, str], tuple[str, str | None]]:
    """What happened to each seat between two evaluations, in the words of a preview."""
    found: dict[tuple[str, str], tuple[str, str | None]] = {}
    for row in after.values():
        seat = (row["company_unique_id"], row["slot_type"])
        old = before.get(row["company_slot_unique_id"], {"person_unique_id": None, "status": "open"})
        held, holds = old["person_unique_id"], row["person_unique_id"]
        if holds and holds != held:
            found[seat] = ("replace" if held else "fill", holds)
        elif held and not holds:
            found[seat] = ("reopen", None)
        elif row["status"] == "closed_missing" != old["status"]:
            found[seat] = ("close", None)
        elif seat in asked:
            found[seat] = ("request", None)
    return found


def all_seats(connection: Connection) -> dict[str, dict[str, Any]]:
    return {row["company_slot_unique_id"]: row for row in stored(connection, "company_slot")}


def test_a_preview_says_what_an_evaluation_does(connection: Connection) -> None:
    found = busy_world(connection)
    from_outside(connection, "failed", f"record_id in ({intake_of(found['Crowd'])})")
    connection.execute(
        text("update company_slot set enrichment_attempts = 1 where company_unique_id = any(:ids)"),
        {"ids": list(unique_ids(connection, found["Crowd"]))},
    )
    before = all_seats(connection)
    known = {row["routing_id"] for row in requests(connection)}
    predicted, changes = preview(connection)
    counters = evaluate(connection)
    asked = {
        (row["company_unique_id"], row["slot_type"]) for row in requests(connection) if row["routing_id"] not in known
    }
    actual = changes_between(before, all_seats(connection), asked)
    assert {
        (row["company_unique_id"], row["slot_type"]): (row["change"], row["person_unique_id"]) for row in changes
    } == actual
    assert {row["change"] for row in changes} == {"fill", "replace", "reopen", "close", "request"}
    assert {row["total"] for row in changes} == {len(changes)}
    events = ("slots_created", "slots_updated", "backfill_triggered", "requests_cancelled")
    assert predicted == Counters(**counters.as_dict() | dict.fromkeys(events, 0))
    assert preview(connection) == (predicted, [])


def test_a_preview_shows_the_first_changes_and_how_many_there_are(connection: Connection) -> None:
    names = [f"Company {i}" for i in range(4)]
    found = add_companies(connection, *names)
    counters, changes = preview(connection, most=4)
    assert [(row["number"], row["name"], row["slot_type"], row["change"], row["total"]) for row in changes] == [
        (1, "Company 0", "CEO", "request", 12), (1, "Company 0", "CFO", "request", 12),
        (1, "Company 0", "HR", "request", 12), (2, "Company 1", "CEO", "request", 12),
    ]  # fmt: skip
    assert [row["company_unique_id"] for row in changes[2:]] == list(unique_ids(connection, *found[:2]))
    assert counters == Counters(companies_processed=4, slots_open=12)
    assert preview(connection, most=0)[1] == []
    *_, last = slots.plan_chunks(connection, Scope(), batch_size=3)
    assert {row["name"] for row in preview(connection, last)[1]} == {"Company 3"}


def test_a_preview_writes_nothing(engine: Engine) -> None:
    with unit_of_work(engine) as connection:
        busy_world(connection)
    with unit_of_work(engine) as connection:
        before = versions(connection)
    with unit_of_work(engine) as connection:
        counters, changes = slots.preview_slots(connection, Scope(), most=50)
        assert counters.slots_filled
        assert changes
    with unit_of_work(engine) as connection:
        assert versions(connection) == before


@pytest.mark.parametrize(
    "write",
    [
        evaluate,
        write_persons,
        lambda connection: connection.execute(text("update companies set name = name")),
        lambda connection: connection.execute(text("insert into title_seats values ('CEO', 1, null, null, 1)")),
    ],
    ids=["evaluation", "persons", "update", "insert"],
)
def test_after_a_preview_nothing_can_be_written(
    connection: Connection, acme: int, write: Callable[[Connection], Any]
) -> None:
    slots.preview_slots(connection, Scope(company_ids=(acme,)), most=5)
    with pytest.raises(InternalError) as refused:
        write(connection)
    assert getattr(refused.value.orig, "sqlstate", None) == "25006"


# ------------------------------------------------------------------ evaluations on record
def start(connection: Connection, run: str = "run 1", params: dict[str, Any] | None = None) -> int:
    return slots.start_evaluation(connection, airflow_run_id=run, params=params or {}, is_full=True)


def test_an_evaluation_ends_with_the_sums_of_its_chunks(connection: Connection) -> None:
    evaluation = start(connection, params={"name_contains": "é\x00"})
    other = start(connection, "run 2")
    chunks = [Counters(2, 6, 0, 1, 4, 1, 1, 0, 4, 0), Counters(3, 0, 2, 5, 2, 2, 0, 3, 1, 7)]
    for number, counters in enumerate(chunks):
        slots.record_chunk(connection, evaluation, number, counters)
    slots.record_chunk(connection, other, 0, Counters(100, 300))
    total = slots.finish_evaluation(connection, evaluation, status="completed")
    assert total == Counters(5, 6, 2, 6, 6, 3, 1, 3, 5, 7) == Counters.total([chunk.as_dict() for chunk in chunks])
    first, second = stored(connection, "slot_evaluations")
    assert total.as_dict().items() <= first.items()
    assert (str(first["fill_rate"]), first["status"], first["error"], first["is_full"]) == (
        "40.00",
        "completed",
        None,
        True,
    )
    assert first["completed_at"]
    assert first["params"] == {"name_contains": "é\ufffd"}
    assert (second["status"], second["slots_created"], second["completed_at"]) == ("running", 0, None)


def test_a_chunk_that_runs_again_adds_what_it_did_and_replaces_what_it_found(connection: Connection) -> None:
    evaluation = start(connection)
    slots.record_chunk(connection, evaluation, 0, Counters(2, 6, 1, 1, 4, 1, 1, 2, 4, 3))
    slots.record_chunk(connection, evaluation, 0, Counters(3, 3, 2, 2, 6, 1, 0, 1, 1, 1))
    assert slots.finish_evaluation(connection, evaluation, status="completed") == Counters(3, 9, 3, 2, 6, 1, 0, 1, 5, 4)


def test_a_retried_chunk_reports_what_was_done_in_both_tries(connection: Connection) -> None:
    add_companies(connection, "Acme", "Globex")
    evaluation = start(connection)
    for _ in range(2):
        slots.record_chunk(connection, evaluation, 0, evaluate(connection))
    total = slots.finish_evaluation(connection, evaluation, status="completed")
    assert total == Counters(companies_processed=2, slots_created=6, slots_open=6, backfill_triggered=6)


def test_an_evaluation_that_starts_over_counts_afresh(connection: Connection) -> None:
    evaluation = start(connection)
    slots.record_chunk(connection, evaluation, 0, Counters(2, 6))
    slots.record_chunk(connection, evaluation, 1, Counters(2, 6))
    slots.finish_evaluation(connection, evaluation, status="failed", error="It broke")
    (row,) = stored(connection, "slot_evaluations")
    assert (row["status"], row["error"]) == ("failed", "It broke")
    assert start(connection, params={"new": 1}) == evaluation
    (row,) = stored(connection, "slot_evaluations")
    assert (row["status"], row["error"], row["completed_at"], row["params"]) == ("running", None, None, {"new": 1})
    slots.record_chunk(connection, evaluation, 0, Counters(1, 3))
    assert slots.finish_evaluation(connection, evaluation, status="completed") == Counters(1, 3)


def test_an_evaluation_without_chunks_ends_with_nothing(connection: Connection) -> None:
    assert slots.finish_evaluation(connection, start(connection), status="completed") == Counters()
    (row,) = stored(connection, "slot_evaluations")
    assert row["fill_rate"] is None


# ------------------------------------------------------------------ provenance
def test_the_task_that_wrote_a_row_is_on_record(engine: Engine) -> None:
    first, second = (TaskAttempt("slot_evaluation", "run 1", "evaluate", try_number=i) for i in (1, 2))
    with unit_of_work(engine) as connection:
        acme, _ = add_companies(connection, "Acme", "Globex")
    with unit_of_work(engine, first) as connection:
        evaluate(connection)
    tables = ("company_slot", "slot_transitions", "intake.people_raw_intake", "agent_routing_log")
    with unit_of_work(engine) as connection:
        attempts = {row["try_number"]: row["id"] for row in stored(connection, "task_attempts")}
        for table in tables:
            assert {row["written_by"] for row in stored(connection, table)} == {attempts[1]}
        add_person(connection, acme, "Ann Poe", "CEO")
        from_outside(connection, "failed", f"record_id in ({intake_of(acme)}) and routing_reason like '%CFO%'")
    with unit_of_work(engine, second) as connection:
        evaluate(connection)
    with unit_of_work(engine) as connection:
        attempts = {row["try_number"]: row["id"] for row in stored(connection, "task_attempts")}
        found = {slot: row["written_by"] for slot, row in seats(connection, acme).items()}
        assert found == {"CEO": attempts[2], "CFO": attempts[2], "HR": attempts[1]}
        for table in tables[1:]:
            assert {row["written_by"] for row in stored(connection, table)} == set(attempts.values())


# ------------------------------------------------------------------ at once, and half
def test_four_evaluations_at_once_are_one(engine: Engine) -> None:
    with unit_of_work(engine) as connection:
        write_persons(connection)
        add_companies(connection, *[f"Company {i}" for i in range(30)])
    counters = at_once(engine, [evaluate] * 4)
    assert sorted(each.slots_created for each in counters) == [0, 0, 0, 99]
    assert sum(each.backfill_triggered for each in counters) == 96
    with unit_of_work(engine) as connection:
        found = content(connection)
    empty(engine)
    with unit_of_work(engine) as connection:
        write_persons(connection)
        add_companies(connection, *[f"Company {i}" for i in range(30)])
    with unit_of_work(engine) as connection:
        evaluate(connection)
        assert content(connection) == found


def test_two_evaluations_of_overlapping_companies_at_once(engine: Engine) -> None:
    """Far apart in their ids, in opposite order: every company is locked in one order."""
    with unit_of_work(engine) as connection:
        add_companies_with_ids(connection, 5, 20_000, 40_000)
    scopes = [(5, 20_000, 40_000), (40_000, 20_000, 5), (40_000, 20_000), (20_000, 5)]
    at_once(engine, [partial(evaluate, company_ids=scope) for scope in scopes])
    with unit_of_work(engine) as connection:
        assert count(connection, "company_slot") == count(connection, "agent_routing_log") == 9
        assert_no_news(connection)


def test_titles_read_by_four_at_once_are_remembered_once(engine: Engine) -> None:
    with unit_of_work(engine) as connection:
        (acme,) = add_companies(connection, "Acme")
        for number in range(20):
            add_person(connection, acme, person_name(number), f"Nurse {number}")
    at_once(engine, [lambda connection: slots.classify_new_titles(connection, Scope())] * 4)
    with unit_of_work(engine) as connection:
        assert count(connection, "title_seats") == 20


def test_an_evaluation_killed_midway_leaves_nothing_and_the_next_is_complete(engine: Engine, database_url: str) -> None:
    killed_midway(database_url, "slots")
    with engine.connect() as connection:
        assert not any(content(connection).values())
    with unit_of_work(engine, timeout_seconds=30) as connection:
        write_slots(connection)
    with engine.connect() as connection:
        after_kill = content(connection)
    assert (len(after_kill["company_slot"]), len(after_kill["agent_routing_log"])) == (9, 6)
    empty(engine)
    with unit_of_work(engine) as connection:
        write_slots(connection)
        assert content(connection) == after_kill


def test_one_company_that_cannot_be_saved_says_so_at_once(connection: Connection, acme: int) -> None:
    """The first error is the one that is raised, not the aborted transaction after it."""
    connection.execute(
        text("alter table intake.people_raw_intake add constraint no_acme check (company_name <> 'Acme')")
    )
    with pytest.raises(DBAPIError, match="no_acme"):
        evaluate(connection)


@pytest.mark.parametrize(
    "outside",
    [
        "insert into intake.people_raw_intake (company_unique_id, source_system, slot_type, enrichment_attempt) "
        "select company_unique_id, 'slot_backfill', 'CEO', 1 from companies",
        "insert into company_slot (company_unique_id, slot_type) select company_unique_id, 'CEO' from companies",
    ],
    ids=["the request", "the seat"],
)
def test_somebody_else_adds_the_same_while_the_evaluation_runs(engine: Engine, outside: str) -> None:
    """The unique index refuses the second one; the transaction is repeated, and finds what is there."""
    with unit_of_work(engine) as connection:
        add_companies(connection, "Acme")
    planned, added = threading.Event(), threading.Event()

    def add() -> None:
        assert planned.wait(20)
        with unit_of_work(engine) as connection:
            connection.execute(text(outside))
        added.set()

    tries = 0

    def work(connection: Connection) -> Counters:
        nonlocal tries
        tries += 1
        if tries == 1:
            # The plan is made from what is known now; then, before anything is written, somebody else is faster.
            event.listen(connection, "before_execute", wait_before_writing)
        return slots.evaluate_slots(connection, Scope())

    def wait_before_writing(_connection: Connection, clause: Any, *_: Any) -> None:
        if clause is statement("slots/insert_slots"):
            planned.set()
            assert added.wait(20)

    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(add)
        counters = run_in_transaction(work, engine)
        other.result(timeout=20)
    assert tries == 2
    assert counters.backfill_triggered == 3
    with engine.connect() as connection:
        assert count(connection, "company_slot") == count(connection, "intake.people_raw_intake") == 3
        assert count(connection, "agent_routing_log") == 3
