"""Which mentions are one edition of one event, and who sponsors it."""

from __future__ import annotations

from datetime import date
from itertools import permutations
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, text

from prospecting.parsing.records import EventRecord, Location, SponsorRecord
from prospecting.persistence.companies import CompanyRow, upsert_companies
from prospecting.persistence.database import unit_of_work
from prospecting.persistence.events import event_key, upsert_event_sponsors, upsert_events
from tests.db.factories import at_once, content, count, empty, ids, stored, versions

BERLIN, PARIS, NOWHERE = Location("Berlin", None, "DE"), Location("Paris", None, "FR"), Location()
ONLINE = Location(online=True)
DATES = {
    "undated": (None, None, None),
    "2025": (date(2025, 1, 1), date(2025, 12, 31), "year"),
    "March": (date(2025, 3, 1), date(2025, 3, 31), "month"),
    "March to April": (date(2025, 3, 1), date(2025, 4, 30), "month"),
    "April to May": (date(2025, 4, 1), date(2025, 5, 31), "month"),
    "15 March": (date(2025, 3, 15), date(2025, 3, 17), "day"),
    "15 March only": (date(2025, 3, 15), None, "day"),
    "1 January": (date(2025, 1, 1), None, "day"),
    "10 April": (date(2025, 4, 10), None, "day"),
    "2026": (date(2026, 1, 1), date(2026, 12, 31), "year"),
}


def event(when: str = "undated", where: Location = NOWHERE, name: str = "RubyConf", **fields: Any) -> EventRecord:
    start, end, precision = DATES[when]
    return EventRecord(name, start, end, where, date_precision=precision, **fields)


def save(connection: Connection, *records: EventRecord) -> list[int]:
    return ids(upsert_events(connection, records, source_system="test").saved)


def one_event(connection: Connection) -> dict[str, Any]:
    (row,) = stored(connection, "events as e left join cities as c on c.id = e.city_id", "e.*, c.name as city", "e.id")
    return row


SAME = [
    ("the same day and place", event("15 March", BERLIN), event("15 March", BERLIN)),
    ("the year in the name", event("15 March", BERLIN), event("15 March", BERLIN, "RubyConf 2025")),
    ("case, accents, punctuation", event("15 March", BERLIN), event("15 March", BERLIN, "  RÚBYCONF! ")),
    ("no date in one", event("15 March", BERLIN), event("undated", BERLIN)),
    ("no place in one", event("15 March", BERLIN), event("15 March")),
    ("neither in one", event("15 March", BERLIN), event()),
    ("a day in the year", event("15 March", BERLIN), event("2025", BERLIN)),
    ("a day in the month", event("15 March", BERLIN), event("March")),
    ("a month in the year", event("March", BERLIN), event("2025")),
    ("unknown twice", event(), event()),
    ("date here, place there", event("15 March"), event("undated", BERLIN)),
    ("online or in a place", event("15 March", BERLIN), event("15 March", ONLINE)),
    ("months in common", event("March to April"), event("April to May")),
]
DIFFERENT = [
    ("two cities", event("15 March", BERLIN), event("15 March", PARIS)),
    ("two cities, undated", event("undated", BERLIN), event("undated", PARIS)),
    ("two days", event("15 March", BERLIN), event("10 April", BERLIN)),
    ("a day outside the month", event("10 April"), event("March")),
    ("a day outside the year", event("15 March"), event("2026")),
    ("two names", event("15 March"), event("15 March", name="JSConf")),
    ("a namesake abroad", event("15 March", Location("Paris", "Texas", "US")), event("15 March", PARIS)),
]


@pytest.mark.parametrize("order", ["together", "apart", "apart reversed"])
@pytest.mark.parametrize(("one", "other"), [case[1:] for case in SAME], ids=[case[0] for case in SAME])
def test_same_edition(connection: Connection, one: EventRecord, other: EventRecord, order: str) -> None:
    rows = [other, one] if order == "apart reversed" else [one, other]
    found = save(connection, *rows) if order == "together" else [save(connection, row)[0] for row in rows]
    assert found[0] == found[1]
    assert count(connection, "events") == 1
    before = versions(connection)
    assert save(connection, *rows) == save(connection, *rows[::-1]) == found
    assert versions(connection) == before


@pytest.mark.parametrize("order", ["together", "apart", "apart reversed"])
@pytest.mark.parametrize(("one", "other"), [case[1:] for case in DIFFERENT], ids=[case[0] for case in DIFFERENT])
def test_different_editions(connection: Connection, one: EventRecord, other: EventRecord, order: str) -> None:
    rows = [other, one] if order == "apart reversed" else [one, other]
    found = save(connection, *rows) if order == "together" else [save(connection, row)[0] for row in rows]
    assert found[0] != found[1]
    before = versions(connection)
    assert save(connection, *rows) == found
    assert versions(connection) == before


def test_an_unknown_date_stays_unknown(connection: Connection) -> None:
    save(connection, event(), event("undated", name="JSConf 2025"))
    assert {(row["start_dt"], row["end_dt"], row["date_precision"]) for row in stored(connection, "events")} == {
        (None, None, None)
    }


@pytest.mark.parametrize(
    ("mentions", "start", "end", "precision"),
    [
        (["undated", "2025"], date(2025, 1, 1), date(2025, 12, 31), "year"),
        (["2025", "undated"], date(2025, 1, 1), date(2025, 12, 31), "year"),
        (["2025", "March"], date(2025, 3, 1), date(2025, 3, 31), "month"),
        (["March", "2025"], date(2025, 3, 1), date(2025, 3, 31), "month"),
        (["March to April", "April to May"], date(2025, 4, 1), date(2025, 4, 30), "month"),
        (["2025", "15 March"], date(2025, 3, 15), date(2025, 3, 17), "day"),
        (["undated", "March", "15 March", "2025"], date(2025, 3, 15), date(2025, 3, 17), "day"),
        (["2025", "15 March only"], date(2025, 3, 15), None, "day"),
        (["15 March only", "15 March"], date(2025, 3, 15), date(2025, 3, 17), "day"),
        (["15 March", "15 March only"], date(2025, 3, 15), date(2025, 3, 17), "day"),
        (["2025", "1 January"], date(2025, 1, 1), None, "day"),
    ],
)
@pytest.mark.parametrize("in_one_batch", [True, False])
def test_rough_dates_are_completed(
    connection: Connection, mentions: list[str], start: date, end: date | None, precision: str, in_one_batch: bool
) -> None:
    rows = [event(mention) for mention in mentions]
    if in_one_batch:
        save(connection, *rows)
    else:
        for row in rows:
            save(connection, row)
    found = one_event(connection)
    assert (found["start_dt"], found["end_dt"], found["date_precision"]) == (start, end, precision)
    before = versions(connection)
    for row in rows:
        save(connection, row)
    assert versions(connection) == before


def test_a_batch_ends_as_its_best_reading_in_any_order(connection: Connection) -> None:
    mentions = [event("2025"), event("March"), event("undated", BERLIN), event("15 March", BERLIN)]
    for order in permutations(mentions):
        with connection.begin_nested() as savepoint:
            assert len(set(save(connection, *order))) == 1
            assert one_event(connection)["start_dt"] == date(2025, 3, 15)
            savepoint.rollback()


def test_of_several_editions_the_one_known_longest_is_meant(connection: Connection) -> None:
    first, *_ = save(connection, event("10 April", BERLIN), event("15 March", BERLIN), event("15 March", PARIS))
    for _ in range(3):
        assert save(connection, event(), event("2025", BERLIN)) == [first, first]


def test_rough_dates_that_begin_alike_are_not_the_same(connection: Connection) -> None:
    """The mention begins with the second event, and has days in common with the first as well."""
    first, second = save(connection, event("April to May"), event("March"))
    rows = [event("March to April"), event("15 March")]
    assert save(connection, *rows) == save(connection, *rows) == [first, second]


def test_an_end_without_a_start_is_no_date(connection: Connection) -> None:
    save(connection, EventRecord("RubyConf", None, date(2025, 3, 17)))
    save(connection, event("10 April"))
    assert one_event(connection)["start_dt"] == date(2025, 4, 10)


def test_nothing_known_is_erased_or_swapped(connection: Connection) -> None:
    full = event(
        "15 March",
        BERLIN,
        website="rubyconf.org",
        attendees=500,
        venue="Tempodrom",
        event_type="conference",
        industry="Software",
        description="first",
    )
    save(connection, full)
    save(connection, event("15 March", BERLIN, attendees=9, venue="Arena", description="second", website="x.org"))
    save(connection, event("undated", BERLIN, description="", industry=""), event())
    found = one_event(connection)
    assert (found["attendees"], found["description"], found["industry"]) == (500, "first", "Software")
    assert found["website_url"] == "https://rubyconf.org"
    assert (found["start_dt"], found["end_dt"], found["city"]) == (date(2025, 3, 15), date(2025, 3, 17), "Berlin")


def test_gaps_are_filled(connection: Connection) -> None:
    save(connection, event())
    save(connection, event("undated", ONLINE, attendees=0), event("15 March", BERLIN, website="rubyconf.org"))
    found = one_event(connection)
    assert (found["is_online"], found["attendees"], found["city"]) == (True, 0, "Berlin")


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("RubyConf 2025", "rubyconf"),
        ("2025 RubyConf", "rubyconf"),
        ("Ruby Conf '25", "ruby conf 25"),
        ("Vision 2030 Summit 2025", "vision summit"),
        ("2025", "2025"),
        ("Café & Code", "cafe code"),
        ("東京Ruby会議", "東京ruby会議"),
        ("!!!", "!!!"),
        ("", ""),
    ],
)
def test_event_key(name: str, key: str) -> None:
    assert event_key(name) == key


def test_a_bulk_of_namesakes_is_saved_in_a_few_rounds(connection: Connection) -> None:
    rows = [event("undated", Location(f"City {i}", None, "DE"), "Meetup") for i in range(300)]
    assert len(set(save(connection, *rows))) == 300
    before = versions(connection)
    save(connection, *rows)
    assert versions(connection) == before


# ------------------------------------------------------------------ sponsors
@pytest.fixture
def pair(connection: Connection) -> tuple[int, int]:
    """An event and a company."""
    companies = upsert_companies(connection, [CompanyRow("Acme")], source_system="test")
    return save(connection, event())[0], ids(companies.saved)[0]


def sponsor(connection: Connection, pair: tuple[int, int], *tiers: tuple[str | None, str | None]) -> dict[str, Any]:
    links = [(pair[1], SponsorRecord("Acme", tier, tier_label=label)) for tier, label in tiers]
    upsert_event_sponsors(connection, pair[0], links, source_system="test")
    (row,) = stored(connection, "event_sponsors")
    return row


@pytest.mark.parametrize("in_one_call", [True, False])
@pytest.mark.parametrize(
    "order", list(permutations([("silver", "Silver"), (None, None), ("platinum", "Platinum Plus")]))
)
def test_the_best_tier_wins_and_all_labels_are_kept(
    connection: Connection,
    pair: tuple[int, int],
    order: tuple[tuple[str | None, str | None], ...],
    in_one_call: bool,
) -> None:
    for tiers in [order] if in_one_call else [(tier,) for tier in order]:
        found = sponsor(connection, pair, *tiers)
    assert (found["sponsor_tier"], found["tier_labels"]) == ("platinum", ["Platinum Plus", "Silver"])
    before = versions(connection)
    for tier in order:
        sponsor(connection, pair, tier)
    assert versions(connection) == before


def test_a_later_mention_without_a_tier_takes_none_away(connection: Connection, pair: tuple[int, int]) -> None:
    sponsor(connection, pair, ("gold", "Gold"))
    assert sponsor(connection, pair, (None, None))["sponsor_tier"] == "gold"


def test_one_company_sponsors_two_events(connection: Connection, pair: tuple[int, int]) -> None:
    other = save(connection, event(name="JSConf"))[0]
    sponsor(connection, pair, ("gold", "Gold"))
    upsert_event_sponsors(connection, other, [(pair[1], SponsorRecord("Acme", "silver"))], source_system="test")
    links = stored(connection, "event_sponsors", order="event_id")
    assert [(row["event_id"], row["company_id"], row["sponsor_tier"]) for row in links] == [
        (pair[0], pair[1], "gold"),
        (other, pair[1], "silver"),
    ]
    assert links[1]["tier_labels"] == ["silver"]
    assert count(connection, "companies") == 1


def test_sponsors_at_once_keep_every_label(engine: Engine) -> None:
    with unit_of_work(engine) as connection:
        names = [CompanyRow(f"Company {i}") for i in range(15)]
        companies = ids(upsert_companies(connection, names, source_system="test").saved)
        (found,) = save(connection, event())
    for _ in range(4):
        with unit_of_work(engine) as connection:
            connection.execute(text("delete from event_sponsors"))
        at_once(
            engine,
            [
                lambda connection, tier=tier, order=order: upsert_event_sponsors(
                    connection,
                    found,
                    [(company, SponsorRecord("x", tier, tier_label=tier.title())) for company in companies[::order]],
                    source_system="test",
                )
                for tier, order in (("gold", 1), ("silver", -1), ("platinum", 1), ("bronze", -1))
            ],
        )
        with engine.connect() as connection:
            links = stored(connection, "event_sponsors")
        assert len(links) == 15
        assert {row["sponsor_tier"] for row in links} == {"platinum"}
        assert all(row["tier_labels"] == ["Bronze", "Gold", "Platinum", "Silver"] for row in links)


# ------------------------------------------------------------------ any batches, twice, at once
RECORDS = st.builds(
    event,
    st.sampled_from(list(DATES)),
    st.sampled_from([NOWHERE, NOWHERE, BERLIN, PARIS, ONLINE]),
    st.sampled_from(["RubyConf", "RubyConf", "RubyConf 2025", "JSConf"]),
    website=st.sampled_from([None, "a.org", "b.org"]),
    attendees=st.sampled_from([None, 0, 500]),
    venue=st.sampled_from([None, "Arena"]),
)
BATCHES = st.lists(st.lists(RECORDS, max_size=6), min_size=1, max_size=4)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=BATCHES)
def test_any_batches_again_change_nothing(shared_engine: Engine, batches: list[list[EventRecord]]) -> None:
    with shared_engine.connect() as connection:
        first = [save(connection, *batch) for batch in batches]
        before = versions(connection)
        assert [save(connection, *batch) for batch in batches] == first
        assert versions(connection) == before


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=BATCHES)
def test_each_batch_twice_is_each_batch_once(shared_engine: Engine, batches: list[list[EventRecord]]) -> None:
    with shared_engine.connect() as connection:
        for batch in batches:
            found = save(connection, *batch)
            before = versions(connection)
            assert save(connection, *batch) == found
            assert versions(connection) == before


def test_overlapping_batches_in_opposite_orders_at_once(engine: Engine) -> None:
    rows = [
        event(
            list(DATES)[i % 3 + 4], Location(f"City {i % 7}", None, "DE"), f"Conf {chr(97 + i)}", venue=f"Venue {i % 5}"
        )
        for i in range(20)
    ]
    with unit_of_work(engine) as connection:
        save(connection, *rows)
        expected = content(connection, "events", "cities", "venues")
    for _ in range(3):
        empty(engine)
        batches = [rows, rows[::-1], rows[10:] + rows[:10], rows[::2] + rows[1::2]]
        answers = at_once(engine, [lambda connection, batch=batch: save(connection, *batch) for batch in batches])
        found = [
            dict(zip((row.name for row in batch), answer, strict=True))
            for batch, answer in zip(batches, answers, strict=True)
        ]
        assert all(answer == found[0] for answer in found)
        with engine.connect() as connection:
            assert content(connection, "events", "cities", "venues") == expected


def test_a_rough_event_made_precise_twice_at_once_is_one_event(engine: Engine) -> None:
    for _ in range(4):
        empty(engine)
        with unit_of_work(engine) as connection:
            (known,) = save(connection, event("2025"))
        rows = [event("15 March", BERLIN), event("10 April", BERLIN), event("15 March", BERLIN), event("March")]
        answers = at_once(engine, [lambda connection, row=row: save(connection, row) for row in rows])
        assert known in {answer[0] for answer in answers}
        assert answers[0] == answers[2]
        with engine.connect() as connection:
            days = [row["start_dt"] for row in stored(connection, "events")]
            assert {date(2025, 3, 15), date(2025, 4, 10)} <= set(days)
            assert len(days) == len(set(days))
