"""Cities and venues: one row per place, however it is spelled and by however many at once."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, Engine

from prospecting.parsing.records import Location
from prospecting.persistence.places import MAX_PLACE, city_key, place_key, upsert_cities, upsert_venues
from tests.db.factories import NASTY_TEXTS, at_once, count, stored, versions


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("São Paulo", "sao paulo"),
        ("  SAO-PAULO ", "sao paulo"),
        ("St. Louis", "st louis"),
        ("東京", "東京"),
        ("Straße", "strasse"),
        ("!!!", "!!!"),
        ("", ""),
        ("   ", ""),
        ("\x00", "\ufffd"),
        ("\ud800", "\ufffd"),
    ],
)
def test_place_key(name: str, key: str) -> None:
    assert place_key(name) == key


@pytest.mark.parametrize(
    ("location", "key"),
    [
        (Location("Berlin", None, "DE"), ("berlin", None, "DE")),
        (Location("Paris", "Texas", "US"), ("paris", "Texas", "US")),
        (Location("Paris", "", ""), ("paris", None, None)),
        (Location("Paris", None, "fr"), ("paris", None, None)),
        (Location("Paris", None, "France"), ("paris", None, None)),
        (Location(None, "Texas", "US"), None),
        (Location(""), None),
        (Location("x" * (MAX_PLACE + 1)), None),
        (Location("Paris", "x" * (MAX_PLACE + 1)), None),
        (Location(online=True), None),
    ],
)
def test_city_key(location: Location, key: tuple[str, str | None, str | None] | None) -> None:
    assert city_key(location) == key


def test_a_city_is_one_row_in_every_spelling(connection: Connection) -> None:
    spellings = [Location(name, None, "BR") for name in ("São Paulo", "Sao Paulo", "SÃO-PAULO")]
    found = upsert_cities(connection, spellings)
    assert upsert_cities(connection, reversed(spellings)) == found
    assert list(found) == [("sao paulo", None, "BR")]
    assert [row["name"] for row in stored(connection, "cities")] == ["São Paulo"]


def test_namesakes_are_told_apart_by_region_and_country(connection: Connection) -> None:
    locations = [Location("Paris", None, "FR"), Location("Paris", "Texas", "US"), Location("Paris", None, None)]
    assert len(set(upsert_cities(connection, locations + locations).values())) == 3
    before = versions(connection)
    assert len(upsert_cities(connection, locations)) == 3
    assert versions(connection) == before


def test_a_venue_is_one_row_per_city(connection: Connection) -> None:
    cities = upsert_cities(connection, [Location("Berlin", None, "DE"), Location("Paris", None, "FR")])
    berlin, paris = cities.values()
    wanted = [("Arena", berlin), ("ARENA!", berlin), ("Arena", paris), ("Arena", None), ("", berlin), ("x" * 201, None)]
    found = upsert_venues(connection, wanted)
    assert set(found) == {("arena", berlin), ("arena", paris), ("arena", None)}
    before = versions(connection)
    assert upsert_venues(connection, wanted) == found
    assert versions(connection) == before


def test_no_places_ask_nothing(connection: Connection) -> None:
    assert upsert_cities(connection, [Location(), Location(online=True)]) == {}
    assert upsert_venues(connection, []) == {}


@pytest.mark.parametrize("nasty", NASTY_TEXTS)
def test_every_place_asked_for_is_answered(connection: Connection, nasty: str) -> None:
    ugly = NASTY_TEXTS[nasty]
    locations = [Location(ugly, None, "DE"), Location("Berlin", ugly, "DE"), Location("Berlin", None, ugly)]
    found = upsert_cities(connection, locations)
    assert {key for location in locations if (key := city_key(location))} == set(found)
    venues = upsert_venues(connection, [(ugly, None)])
    assert set(venues) == ({(place_key(ugly), None)} if len(place_key(ugly)) <= MAX_PLACE else set())


def test_places_at_once_in_opposite_orders(engine: Engine) -> None:
    locations = [Location(f"City {i}", None, "DE") for i in range(60)]
    for attempt in range(4):
        batches = [
            [Location(f"{place.city} {attempt}", None, "DE") for place in order]
            for order in (locations, locations[::-1], locations[30:] + locations[:30])
        ]
        answers = at_once(
            engine, [lambda connection, batch=batch: upsert_cities(connection, batch) for batch in batches]
        )
        assert answers[0] == answers[1] == answers[2]
    with engine.connect() as connection:
        assert count(connection, "cities") == 240
