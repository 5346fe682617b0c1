"""Places in free text: which city, region and country an agent, a calendar or a user meant.

A city the gazetteer does not know is kept as written, with the country it was given.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from prospecting.parsing.name.folding import vocabulary, words
from prospecting.parsing.place.addresses import Piece, pieces_of
from prospecting.parsing.place.gazetteer import (
    City,
    city_region,
    continents,
    countries,
    country_codes,
    find_city,
    is_region,
    kilometres,
    place_key,
    region_name,
    regions,
    subdivision,
)
from prospecting.parsing.place.tables import (
    AREAS,
    CITY_ALIASES,
    CITY_FIRST,
    CITY_REGIONS,
    CITY_STATES,
    CONTINENT_GROUPS,
    CONTINENTS,
    COUNTRY_GROUPS,
    HOME_NATIONS,
    USUAL_NAMES,
)
from prospecting.parsing.records import Location

MAX_TEXT_LENGTH = 500

_ONLINE = vocabulary("online virtual virtually remote remotely webinar livestream web internet digital zoom")
_HYBRID = vocabulary("hybrid")
_ONLINE_OR_HYBRID = _ONLINE | _HYBRID
_NOWHERE = vocabulary("tba tbd tbc na none null unknown various multiple worldwide global everywhere anywhere")
_ANYWHERE = frozenset({"", "anywhere", "worldwide", "global", "everywhere", "any"})
_VENUE = re.compile(
    r"\b(?:center|centre|hotel|hall|arena|stadium|theat(?:er|re)|university|college|campus|building|convention|expo|club"
    r"|museum|ballroom|marriott|hilton|hyatt|sheraton|javits|pier|house|office|hq)\b|\d",
    re.IGNORECASE,
)
_VENUES_WITH_CITIES = vocabulary(
    "messe fira feria fiera excel rai olympia convention congress conference arena palais hilton marriott hyatt"
)
_FILLER = vocabulary("event only conference via on the and or in from live meeting meetup attendance free at with")
_BREAK = re.compile(r"[,;|()\[\]/•·]|\s[-–—]\s|\s&\s")
# What puts two places side by side, where a comma may put one into the other.
_JOINED = re.compile(r"\s*[/&+;|]\s*|\s+(?:and|or|und|et|y)\s+", re.IGNORECASE)
_BETWEEN = re.compile(r"[,()\[\]•·]|\s[-–—]\s")
# Two cities nearer than this are one and its suburb.
_SUBURB_KILOMETRES = 60
# Spellings of one city, or cities that have become one: "Köln / Cologne", "Brighton and Hove".
_TWIN_KILOMETRES = 5
# A place nearer to the capital of its region is a part of it: Shibuya is Tokyo, Matsumoto is not Nagano.
_WARD_KILOMETRES = 25
# A smaller city of the name may be a venue or a district of the one that follows.
_OTHER_CITY_POPULATION = 300_000


def parse_location(text: object) -> Location:
    """Read a place from a string, a list of parts, or a mapping with city / region / country.

    "San Francisco, CA, USA", "München", "Hybrid - Berlin, Germany", "Washington, D.C.", "Online" and street addresses
    ("Damrak 243, 1012 ZJ Amsterdam, Netherlands") are understood. A bare city means the most populous one of that name;
    "Georgia" alone is the country, "Atlanta, Georgia" the state, "New York" the city. Two cities are none: of "Berlin /
    Munich" only the country is known. Without a known city, region or country the result is falsy and only carries
    ``text``.
    """
    flat = _flatten(text)
    return _parse_text(flat) if flat else Location()


def _flatten(value: object) -> str:
    if isinstance(value, Mapping):
        place = {str(key).casefold().replace("-", "_"): part for key, part in value.items()}
        parts: list[object] = [
            next((place[key] for key in keys if place.get(key)), None)
            for keys in (
                ("city", "town", "locality", "addresslocality"),
                ("region", "state", "province", "state_province", "addressregion"),
                ("country", "country_name", "countryname", "addresscountry", "country_code", "countrycode"),
            )
        ]
        if not any(parts):
            parts = [place.get(key) for key in ("location", "address", "name", "text", "place", "venue")][:4]
            parts = [part for part in parts if part][:1]
        return _flatten(parts)
    if isinstance(value, list | tuple):
        return ", ".join(flat for flat in (_flatten(part) for part in value[:8] if part is not value) if flat)
    if not isinstance(value, str):
        return ""
    return " ".join("".join(c if c.isprintable() else " " for c in value[:MAX_TEXT_LENGTH]).split())


@lru_cache(maxsize=16_384)
def _parse_text(text: str) -> Location:
    found = set(words(text))
    if place_key(text) in AREAS:
        return Location(None, "California", "US", text)
    segments = _BREAK.split(text)
    if not found.isdisjoint(_ONLINE_OR_HYBRID):
        segments = [_without_online(segment) for segment in segments]
    pieces, told = pieces_of([segment for segment in segments if place_key(segment).replace(" ", "") not in _NOWHERE])
    side_by_side = _cities_side_by_side(text)
    place = _of_several(side_by_side, pieces, text) if side_by_side else _best_reading(pieces, told, text)
    if found.isdisjoint(_ONLINE) or place.city or place.region:
        return place
    return Location(country_code=place.country_code, text=text, online=True)


def _without_online(segment: str) -> str:
    """``segment`` without "online" and the like, and without the words that only belong to them."""
    given = segment.split()
    kept = [word for word in given if _ONLINE_OR_HYBRID.isdisjoint(words(word))]
    if len(kept) != len(given):
        while kept and set(words(kept[0])) <= _FILLER:
            del kept[0]
        while kept and set(words(kept[-1])) <= _FILLER:
            kept.pop()
    return " ".join(kept)


def _cities_side_by_side(text: str) -> dict[str, City]:
    """The cities that ``text`` joins by "/", "&" or "and", by their folded names there; ``{}`` unless there are two."""
    found: dict[str, City] = {}
    for joint in list(_JOINED.finditer(text))[:10]:
        before = _JOINED.split(text[: joint.start()])[-1]
        behind = _BETWEEN.split(_JOINED.split(text[joint.end() :])[0])[0]
        parts = [part for part in _BETWEEN.split(before) if part.strip()]
        if len(parts) > 1 and _is_home(parts[-1]):
            parts.pop()  # "London, UK / Paris, France"
        before = parts[-1] if parts else ""
        one, other = _own_city(before), _own_city(behind)
        if one and other and kilometres(one, other) > _TWIN_KILOMETRES:
            found |= {place_key(before): one, place_key(behind): other}
    return found


def _is_home(text: str) -> bool:
    """True for a country or a region, in which a city before it lies."""
    key = place_key(text)
    return key in countries() or key in regions()[0] or text.strip() in country_codes()


def _own_city(text: str) -> City | None:
    """The city of which ``text``, but for a postal code, is the name and nothing else."""
    pieces, _ = pieces_of([text])
    text = pieces[0].names[0] if len(pieces) == 1 and pieces[0].names else ""
    key = place_key(text)
    if (len(key) < 3 and key not in CITY_ALIASES) or key in countries() or key in _FILLER:
        return None
    return find_city(text)


def _of_several(cities: Mapping[str, City], pieces: list[Piece], text: str) -> Location:
    """The country of an event in several cities, and the region, if they share them."""
    if pieces and place_key(pieces[-1].text) not in cities:
        tail = _tails(pieces)[0]
        if tail.country and all(find_city(name, tail.country) for name in cities):
            is_region = tail.region and all(find_city(name, tail.country, tail.region) for name in cities)
            return Location(None, region_name(tail.country, tail.region) if is_region else None, tail.country, text)
    homes = {(city.country, city_region(city)) for city in cities.values()}
    if len({country for country, _ in homes}) != 1:
        return Location(text=text)
    country, region = homes.pop()
    return Location(None, None if homes else region, country, text)


class _Tail(NamedTuple):
    """One reading of the last segments: a country, a region of it, and how many segments they took."""

    country: str | None
    region: str | None
    used: int


def _best_reading(pieces: list[Piece], told: str | None, text: str) -> Location:
    """The first reading that leaves nothing over or whose city the gazetteer confirms, else the first one possible.

    ``told`` is the country that a postal code tells.
    """
    if not pieces:
        return Location(country_code=told, text=text)
    tails = _tails(pieces)
    if told and not any(tail.country for tail in tails):
        tails = [_Tail(told, None, 0), *tails]
    for tail in tails:
        rest = pieces[: len(pieces) - tail.used]
        if not rest:
            if tail.country and pieces[0].has_code and (city := find_city(pieces[0].text, tail.country)):
                return _located(city, 0, None, [], tail, text)  # "L-1855 Luxembourg"
            return Location(None, region_name(tail.country, tail.region), tail.country, text)
        found = _city_in(rest, tail)
        if found:
            return _located(*found, rest, tail, text)
    best = tails[0]
    is_city = best.country in CITY_STATES or (best.used and pieces[-best.used].has_code)
    if is_city and (state := find_city(pieces[-best.used].text, best.country)):  # "10 Eunos Rd 8, Singapore 408600"
        return _located(state, 0, None, [], best, text)
    if best.country is None:
        split = _split_words(pieces[-1])
        if split:
            return _best_reading([*pieces[:-1], *split], told, text)
        at = _city_of_venue(pieces[-1])
        return _located(at, 0, None, [], best, text) if at else Location(text=text)
    return _unknown_city(pieces[len(pieces) - best.used - 1], best.country, best.region, text)


def _unknown_city(named: Piece, country: str, region: str | None, text: str) -> Location:
    """The place of a piece that the gazetteer does not know: a region, else a small town as it is written."""
    name, within = named.text, region_name(country, region)
    if named.is_street or re.search(r"\d", name):
        return Location(None, within, country, text)
    if is_region(country, name) or place_key(name) in AREAS:
        return Location(None, within or name, country, text)
    if within is None and " " in name and (behind := subdivision(country, name.rpartition(" ")[2])):
        return Location(name.rpartition(" ")[0], behind, country, text)  # "South Wharf VIC"
    return Location(name, within, country, text)


def _tails(pieces: list[Piece]) -> list[_Tail]:
    """Every way to read the end of an address, most likely first."""
    segments = [piece.text for piece in pieces[-3:]]
    last = place_key(segments[-1])
    before = place_key(segments[-2]) if len(segments) > 1 else ""
    by_spelling = regions()[0]
    country = countries().get(last)
    code = last.upper() if len(last) == 2 and last.upper() in country_codes() else None
    nothing = _Tail(None, None, 0)
    if not before:
        if last in CITY_FIRST or country in CITY_STATES:
            return [nothing]
        if len(last) == 2 and not segments[-1].isupper() and not country:
            return [nothing]
    nations = [_Tail("GB", HOME_NATIONS[last], 1)] if last in HOME_NATIONS else []
    tails = list(nations)
    for candidate in [] if nations else dict.fromkeys(filter(None, (country, code))):
        in_country = [region for home, region in by_spelling.get(before, ()) if home == candidate]
        if in_country and before not in CITY_REGIONS and (len(segments) > 2 or before not in CITY_FIRST):
            tails.append(_Tail(candidate, in_country[0], 2))
        else:
            tails.append(_Tail(candidate, None, 1))
    states = [_Tail(home, region, 1) for home, region in by_spelling.get(last, ())] if not nations else []
    tails = [*tails, *states] if country or not before else [*states, *tails]
    if not tails:
        return [nothing]
    if pieces[-1].has_code and (last in CITY_REGIONS or (last in CITY_FIRST and pieces[-2:][0].is_street)):
        return [
            nothing,
            *tails,
        ]  # "10119 Berlin", "350 Fifth Avenue, New York 10118", but not "Montréal, Québec H2X 2S5"
    if last in CITY_REGIONS or (last in CITY_FIRST and _VENUE.search(segments[-2])):
        return [*tails, nothing]  # "CityCube, Berlin" but "Armonk, New York"
    return tails


def _city_in(rest: list[Piece], tail: _Tail) -> tuple[City, int, str | None] | None:
    """The city among the pieces before the tail, the position of its piece, and the region its piece names."""
    for position in range(len(rest) - 1, -1, -1):
        for name in rest[position].names:
            city = find_city(name, tail.country, tail.region)
            if city:
                return city, position, None
            if tail.country and not tail.region and position == len(rest) - 1:
                found = _city_and_region(name, tail.country)
                if found:
                    return found[0], position, found[1]
    return None


def _city_and_region(name: str, country: str) -> tuple[City, str | None] | None:
    """The city and the region of "Sydney NSW" or "Verona VR"; a single letter behind a city is one of its districts."""
    parts = name.split()
    for size in range(1, min(3, len(parts) - 1) + 1):
        region = subdivision(country, " ".join(parts[-size:]))
        city = find_city(" ".join(parts[:-size]), country) if region or len(parts[-1]) == 1 else None
        if city:
            return city, region
    return None


def _located(city: City, position: int, region: str | None, rest: list[Piece], tail: _Tail, text: str) -> Location:
    region = region or tail.region
    of_region = None
    if tail.country and not region and position and position == len(rest) - 1:
        of_region = subdivision(city.country, rest[position].text)
    if of_region and (inner := _city_of_region(city, rest[position].text, rest[:position])):
        city, region, rest = inner, of_region, rest[:position]
    if len(rest) > 1 and not tail.region:
        others = [other for piece in rest if (other := _other_city(piece, city, tail.country))]
        if others:
            homes = {other.country for other in [city, *others]}
            return Location(None, None, tail.country or (homes.pop() if len(homes) == 1 else None), text)
    if not region and position + 1 < len(rest) and not rest[position + 1].is_street:
        behind = rest[position + 1].text
        region = behind if tail.country else subdivision(city.country, behind)
    name = USUAL_NAMES.get(city.name, city.name)
    return Location(name, city_region(city) or region_name(city.country, region), city.country, text)


def _city_of_region(namesake: City, region: str, pieces: list[Piece]) -> City | None:
    """The city before a region that is called like another one: "Ciudad Juárez, Chihuahua, Mexico".

    ``namesake`` is that other city: the region's capital, mostly, or one elsewhere.
    """
    for piece in reversed(pieces):
        city = find_city(piece.text, namesake.country) if not piece.is_street else None
        if city is None or city == namesake:
            continue
        if city.population < namesake.population and kilometres(city, namesake) < _WARD_KILOMETRES:
            continue
        # Ishikawa is a prefecture, and a town elsewhere; Tokyo does not lie in Osaka.
        is_elsewhere = city.population > 5 * namesake.population or place_key(namesake.name) != place_key(region)
        return city if city.region == namesake.region or is_elsewhere else None
    return None


def _other_city(piece: Piece, city: City, country: str | None) -> City | None:
    """The large city that ``piece`` names beside ``city``, too far away to be a part of it."""
    other = find_city(piece.text, country) if not piece.is_street else None
    if other is None or other == city or other.population < _OTHER_CITY_POPULATION:
        return None
    if place_key(piece.text) not in (place_key(other.name), place_key(USUAL_NAMES.get(other.name, ""))):
        return None  # a foreign name is more often another place's own
    return other if kilometres(other, city) > _SUBURB_KILOMETRES else None


def _split_words(piece: Piece) -> list[Piece] | None:
    """``"Berlin Germany"`` as two pieces, when its end is a country or region by itself."""
    parts = piece.text.split()
    for size in range(min(3, len(parts) - 1), 0, -1):
        tail = " ".join(parts[-size:])
        key = place_key(tail)
        if key in countries() or key in regions()[0] or (tail.isupper() and tail in country_codes()):
            return [*pieces_of([" ".join(parts[:-size])])[0], Piece(tail, (tail,))]
    return None


def _city_of_venue(piece: Piece) -> City | None:
    """The large city that the name of a venue ends in: "ExCeL London", "Convention Centre Dublin"."""
    parts = piece.text.split()
    if _VENUES_WITH_CITIES.isdisjoint(words(piece.text)):
        return None
    for size in range(min(3, len(parts) - 1), 0, -1):
        name = " ".join(parts[-size:])
        city = find_city(name)
        if city and city.population > _OTHER_CITY_POPULATION and len(name) > 4:
            return city
    return None


def location_matches(location: Location, wanted: str) -> bool:
    """True when a place satisfies a user's location filter; an unknown place satisfies only "anywhere".

    ``wanted`` may be a city, a region, a country, a continent, a group of countries ("DACH", "EMEA", "EU"), the
    "Bay Area", or "Online". A name that is both ("New York", "Georgia") matches either reading.
    """
    if not isinstance(wanted, str) or not isinstance(location, Location):
        return False
    key = _filter_key(wanted)
    if key in _ANYWHERE:
        return True
    if set(key.split()) & _ONLINE:
        return location.online
    if not location:
        return False
    group = _group_matches(location, key)
    return group if group is not None else _place_matches(location, key, parse_location(wanted))


def is_known_place(wanted: object) -> bool:
    """True when ``location_matches`` can find something for a filter: it is a place, a group of them, or "Online".

    Empty text is no place; "anywhere" is one.
    """
    if not isinstance(wanted, str) or not wanted.strip():
        return False
    key = _filter_key(wanted)
    if key in _ANYWHERE or set(key.split()) & _ONLINE:
        return bool(key)
    is_code = len(key) == 2 and key.upper() in country_codes()
    return is_code or _group_matches(Location(), key) is not None or bool(parse_location(wanted))


def _filter_key(wanted: str) -> str:
    return place_key(wanted[:MAX_TEXT_LENGTH]).removeprefix("the ").removeprefix("greater ").removesuffix(" metro area")


def _group_matches(location: Location, key: str) -> bool | None:
    """True when the place lies in the area or group of countries that ``key`` names; ``None`` when it names none."""
    country = location.country_code or ""
    if key in AREAS:
        cities = [place_key(name) for name in AREAS[key].split("|")]
        is_there = place_key(location.city or "") in cities or place_key(location.text or "") in AREAS
        return location.region == "California" and is_there
    if key in CONTINENTS:
        return continents().get(country) == CONTINENTS[key]
    if key in COUNTRY_GROUPS:
        return country in COUNTRY_GROUPS[key]
    if key in CONTINENT_GROUPS:
        in_continents, in_countries = CONTINENT_GROUPS[key]
        return continents().get(country) in in_continents or country in in_countries
    return None


def _place_matches(location: Location, key: str, want: Location) -> bool:
    country = location.country_code
    if country and country == countries().get(key, key.upper() if len(key) == 2 else None):
        return key not in HOME_NATIONS or place_key(location.region or "") in ("", key)
    if location.region and place_key(location.region) == key:
        return True
    if (country, location.region) in [(home, regions()[1][home, code]) for home, code in regions()[0].get(key, ())]:
        return True
    if not want:
        return bool(location.city) and place_key(location.city or "") == key
    if want.country_code != country:
        return False
    if want.city:
        same_region = not (want.region and location.region) or want.region == location.region
        return place_key(want.city) == place_key(location.city or "") and same_region
    return want.region is None or want.region == location.region
