"""Cities and venues: reference rows for events."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from sqlalchemy import Connection

from prospecting.parsing.records import Location
from prospecting.persistence.database import clean_text, to_json
from prospecting.persistence.statements import statement

CityKey = tuple[str, str | None, str | None]

# Longer "places" are prose that slipped into the field; they would not fit an index either.
MAX_PLACE = 200
_COUNTRY = re.compile(r"[A-Z]{2}")


def place_key(name: str) -> str:
    """Case, accents and punctuation folded; the lower-cased name itself when nothing else is left."""
    name = clean_text(name)
    folded = "".join(c for c in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(c))
    return " ".join("".join(c if c.isalnum() else " " for c in folded).split()) or name.casefold().strip()


def city_key(location: Location) -> CityKey | None:
    """The identity of a city: (name key, region, country); ``None`` when the location names no city."""
    key = place_key(location.city) if location.city else ""
    region = clean_text(location.region) if location.region else None
    country = location.country_code if location.country_code and _COUNTRY.fullmatch(location.country_code) else None
    if not key or len(key) > MAX_PLACE or len(region or "") > MAX_PLACE:
        return None
    return key, region, country


def upsert_cities(connection: Connection, locations: Iterable[Location]) -> dict[CityKey, int]:
    """Find or create the cities of ``locations``; returns their ids by ``city_key``."""
    cities: dict[CityKey, str | None] = {}
    for location in locations:
        if key := city_key(location):
            cities.setdefault(key, location.city)
    if not cities:
        return {}
    rows = [
        {"name": name, "name_key": key[0], "region": key[1], "country_code": key[2]} for key, name in cities.items()
    ]
    connection.execute(statement("events/insert_cities"), {"rows": to_json(rows)})
    found = connection.execute(statement("events/find_cities"), {"rows": to_json(rows)})
    return {(name_key, region, country_code): city_id for city_id, name_key, region, country_code in found}


def upsert_venues(
    connection: Connection, venues: Iterable[tuple[str, int | None]]
) -> dict[tuple[str, int | None], int]:
    """Find or create venues given as (name, city id); returns their ids by (``place_key(name)``, city id)."""
    wanted: dict[tuple[str, int | None], str] = {}
    for name, city_id in venues:
        if 0 < len(place_key(name)) <= MAX_PLACE:
            wanted.setdefault((place_key(name), city_id), name)
    if not wanted:
        return {}
    rows = [{"name": name, "name_key": key[0], "city_id": key[1]} for key, name in wanted.items()]
    connection.execute(statement("events/insert_venues"), {"rows": to_json(rows)})
    found = connection.execute(statement("events/find_venues"), {"rows": to_json(rows)})
    return {(name_key, city_id): venue_id for venue_id, name_key, city_id in found}
