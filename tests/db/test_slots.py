"""Who holds a company's seats: everybody's titles, who wins, who stays, and what merging means."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from prospecting.parsing.titles import RULES
from prospecting.persistence.companies import CompanyRow, upsert_companies
from prospecting.persistence.persons import PersonRow, upsert_persons
from prospecting.persistence.seats import Scope, classify_new_titles, plan_chunks
from prospecting.persistence.slot_evaluations import Counters
from prospecting.scoring.seats import SEATS, confidence
from tests.clock import date_ago, today
from tests.db.evaluating import (
    NOTHING_HELD,
    assert_no_news,
    busy_world,
    delete,
    fill_long_ago,
    long_ago,
    merge,
    pending_per_seat,
)
from tests.db.factories import (
    add_companies,
    add_companies_with_ids,
    add_person,
    count,
    end_roles,
    evaluate,
    holders,
    ids,
    nobody_found,
    person_name,
    preview,
    requests,
    seats,
    states,
    stored,
    versions,
)

CATALOG = Path(__file__).resolve().parents[2] / "include" / "catalog"
SLOT_ID = re.compile(r"04\.04\.05\.\d{2}\.\d{5,}\.\d{3}")


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
    assert preview(connection) == (Counters(requests_to_make=0), [])
    assert plan_chunks(connection, Scope(), batch_size=10) == []
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
    predicted, changes = preview(connection, limit=5)
    assert predicted == Counters(**expected.as_dict() | {"requests_to_make": 1207})
    assert changes.total == 1359
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
        ["CEO", "President & CEO", "President/CEO", "CEO/Founder", "Chief Executive Officer", "C.E.O.",
         "Chief Exec. Officer"],
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
        ["Former CEO", "Ex-CEO", "Executive Assistant to the CEO", "Assistant to the Chief Executive",
         "Office of the CEO", "Chief Executive Nurse", "CFO Assistant", "CEOs Council"],
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
    assert classify_new_titles(connection, Scope()) == 1
    assert_no_news(connection)


def test_titles_are_read_once_and_again_when_the_rules_change(connection: Connection, acme: int) -> None:
    ann = add_person(connection, acme, "Ann Poe", "CEO")
    add_person(connection, acme, "Bea Poe", "Nurse")
    assert classify_new_titles(connection, Scope()) == 2
    assert classify_new_titles(connection, Scope()) == 0
    assert stored(connection, "title_seats", "title, ceo_rank, cfo_rank, hr_rank, rules") == [
        {"title": "CEO", "ceo_rank": 1, "cfo_rank": None, "hr_rank": None, "rules": RULES},
        {"title": "Nurse", "ceo_rank": None, "cfo_rank": None, "hr_rank": None, "rules": RULES},
    ]
    connection.execute(text("update title_seats set ceo_rank = null, hr_rank = 1, rules = rules - 1"))
    evaluate(connection)
    assert holders(connection, acme) == {"CEO": ann}
    assert classify_new_titles(connection, Scope()) == 2
    assert [row["ceo_rank"] for row in stored(connection, "title_seats")] == [1, None]


def test_what_is_remembered_of_titles_is_used(connection: Connection, acme: int) -> None:
    """A title is not read again by every evaluation."""
    add_person(connection, acme, "Ann Poe", "CEO")
    classify_new_titles(connection, Scope())
    connection.execute(text("update title_seats set ceo_rank = null, hr_rank = 1"))
    evaluate(connection)
    assert holders(connection, acme).keys() == {"HR"}


def test_only_titles_in_scope_are_read(connection: Connection) -> None:
    acme, globex = add_companies(connection, "Acme", "Globex")
    add_person(connection, acme, "Ann Poe", "CEO")
    end_roles(connection, add_person(connection, acme, "Bea Poe", "CFO"))
    add_person(connection, globex, "Cat Poe", "CHRO")
    assert classify_new_titles(connection, Scope(company_ids=(acme,))) == 1
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
    assert counters.multiple_candidates == len(CROWDS) - 1, "the assistant is not a candidate"
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


def test_the_statement_is_as_sure_as_the_function(connection: Connection, acme: int) -> None:
    """For every seat and rank, whatever the classifier says now; a seat's rank is read from its own column."""
    add_person(connection, acme, "Ann Poe", "Made up")
    columns = ("ceo_rank", "cfo_rank", "hr_rank")
    for rank in (1, 2, 3, 9, 10, 11, 40):
        for seat, column in zip(SEATS, columns, strict=True):
            connection.execute(text("delete from title_seats"))
            connection.execute(
                text(f"insert into title_seats (title, {column}, rules) values ('Made up', :rank, :rules)"),
                {"rank": rank, "rules": RULES},
            )
            evaluate(connection)
            held = {slot: row["confidence_score"] for slot, row in seats(connection, acme).items() if row["person"]}
            assert held == {seat: confidence(rank)}


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
    assert seats(connection, acme)["CEO"]["filled_at"] == long_ago()
    assert seats(connection, acme)["CEO"]["filled_by"] == "test"


@pytest.mark.parametrize("title", ["CEO", "Interim CEO"])
def test_a_holder_is_not_swapped_for_an_equal(connection: Connection, acme: int, title: str) -> None:
    ann = add_person(connection, acme, "Ann Poe", title, date_ago(90))
    evaluate(connection)
    fill_long_ago(connection)
    add_person(connection, acme, "Bea Poe", title, date_ago(20))
    counters = evaluate(connection)
    assert holders(connection, acme) == {"CEO": ann}
    assert seats(connection, acme)["CEO"]["filled_at"] == long_ago()
    # Two who say that they are the CEO: the one seen first is doubted, keeps the seat, and is asked about.
    assert (counters.slots_updated, counters.verifications_triggered) == ((1, 1) if title == "CEO" else (0, 0))
    assert counters.multiple_candidates == 1


def test_a_holder_is_swapped_for_a_better_one(connection: Connection, acme: int) -> None:
    add_person(connection, acme, "Ann Poe", "Interim CEO", date_ago(20))
    evaluate(connection)
    fill_long_ago(connection)
    bea = add_person(connection, acme, "Bea Poe", "CEO", date_ago(300), source="other")
    counters = evaluate(connection)
    seat = seats(connection, acme)["CEO"]
    assert (seat["person"], str(seat["confidence_score"]), seat["filled_by"]) == (bea, "1.00", "other")
    assert seat["filled_at"] > long_ago()
    assert (counters.slots_updated, counters.backfill_triggered) == (1, 0)
    assert_no_news(connection)


def test_a_holder_who_rises_keeps_seat_and_day(connection: Connection, acme: int) -> None:
    ann = add_person(connection, acme, "Ann Poe", "Interim CEO", date(2025, 1, 1))
    evaluate(connection)
    fill_long_ago(connection)
    add_person(connection, acme, "Ann Poe", "CEO", date(2025, 6, 1))
    evaluate(connection)
    seat = seats(connection, acme)["CEO"]
    assert (seat["person"], str(seat["confidence_score"]), seat["filled_at"]) == (ann, "1.00", long_ago())


@pytest.mark.parametrize("how", ["role ended", "another title", "person deleted"])
def test_a_seat_reopens_when_its_holder_leaves(connection: Connection, acme: int, how: str) -> None:
    ann = add_person(connection, acme, "Ann Poe", "CEO", date_ago(40))
    nobody_found(connection, slot_types=("CEO",))
    evaluate(connection)
    assert states(connection, acme)["CEO"] == ("filled", 0)
    if how == "role ended":
        end_roles(connection, ann)
    elif how == "another title":
        add_person(connection, acme, "Ann Poe", "Nurse", today())
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
    assert seats(connection, acme)["CEO"]["filled_at"] > long_ago()
    assert counters.backfill_triggered == (1 if successor == "Deputy CEO" else 0), (
        "a deputy is no reason to stop asking"
    )


# ------------------------------------------------------------------ merged companies and people
def test_who_works_at_a_merged_company_works_at_the_one_it_became(connection: Connection) -> None:
    acme, old = add_companies(connection, "Acme", "Old")
    ann = add_person(connection, old, "Ann Poe", "CEO")
    merge(connection, "companies", old, acme)
    counters = evaluate(connection)
    assert (counters.companies_processed, counters.slots) == (1, 3)
    assert (holders(connection, acme), seats(connection, old)) == ({"CEO": ann}, {})
    assert_no_news(connection)


def test_a_company_that_is_merged_has_no_seats_any_more(connection: Connection) -> None:
    acme, old = add_companies(connection, "Acme", "Old")
    evaluate(connection)
    ann = add_person(connection, old, "Ann Poe", "CEO")
    merge(connection, "companies", old, acme)
    assert evaluate(connection).companies_processed == 1
    assert (seats(connection, old), holders(connection, acme)) == ({}, {"CEO": ann})
    ended = [row["transition"] for row in stored(connection, "slot_transitions", "transition, company_unique_id, id")]
    assert ended.count("removed") == 3
    assert [row["status"] for row in requests(connection) if row["company_id"] == old] == ["cancelled"] * 3
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
    annie = add_person(connection, acme, "Annie Poe", "CEO", date_ago(90))
    evaluate(connection)
    add_person(connection, acme, "Bea Poe", "CEO", date_ago(20))
    (globex,) = add_companies(connection, "Globex")
    ann = add_person(connection, globex, "Ann Poe", "Nurse")
    merge(connection, "persons", annie, ann)
    evaluate(connection)
    assert holders(connection, acme) == {"CEO": ann}
    assert_no_news(connection)
