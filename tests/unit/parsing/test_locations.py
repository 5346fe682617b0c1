from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prospecting.parsing.locations import location_matches, parse_location
from prospecting.parsing.records import Location

SEGMENTS = st.lists(
    st.sampled_from(
        ["Berlin", "CA", "Germany", "Online", "Hybrid", "Georgia", "New York", "Moscone Center", "94103", "U.S.A.",
         "DE", "São Paulo", "hotel", "TBD", "and", "-", "東京", "Scotland", "Foo Bar"]
    ),
    max_size=5,
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "city", "region", "country"),
    [
        ("San Francisco, CA, USA", "San Francisco", "California", "US"),
        ("San Francisco CA", "San Francisco", "California", "US"),
        ("San Francisco, CA 94103, United States", "San Francisco", "California", "US"),
        ("Moscone Center, San Francisco, CA", "San Francisco", "California", "US"),
        ("portland, or", "Portland", "Oregon", "US"),
        ("Clear Water, FL", "Clearwater", "Florida", "US"),
        ("Washington, D.C.", "Washington", "District of Columbia", "US"),
        ("St. Paul, Minn.", "Saint Paul", "Minnesota", "US"),
        ("Saint Paul, Minnesota", "Saint Paul", "Minnesota", "US"),
        ("New York", "New York", "New York", "US"),
        ("NYC", "New York", "New York", "US"),
        ("New York City, New York, United States", "New York", "New York", "US"),
        ("New York, USA", "New York", "New York", "US"),
        ("Armonk, New York", "Armonk", "New York", "US"),
        ("Javits Center, New York", "New York", "New York", "US"),
        ("Atlanta, Georgia", "Atlanta", "Georgia", "US"),
        ("Tbilisi, Georgia", "Tbilisi", None, "GE"),
        ("Georgia", None, None, "GE"),
        ("Georgia, USA", None, "Georgia", "US"),
        ("Oklahoma, USA", None, "Oklahoma", "US"),
        ("California", None, "California", "US"),
        ("Athens, West Virginia, United States", "Athens", "West Virginia", "US"),
        ("Paris", "Paris", None, "FR"),
        ("Paris, TX", "Paris", "Texas", "US"),
        ("London, UK", "London", "England", "GB"),
        ("London, Ontario, Canada", "London", "Ontario", "CA"),
        ("Toronto, CA", "Toronto", "Ontario", "CA"),
        ("Edinburgh, Scotland, UK", "Edinburgh", "Scotland", "GB"),
        ("Scotland", None, "Scotland", "GB"),
        ("Berlin, Germany", "Berlin", "Berlin", "DE"),
        ("Berlin Germany", "Berlin", "Berlin", "DE"),
        ("Hybrid - Berlin, Germany", "Berlin", "Berlin", "DE"),
        ("CityCube, Berlin", "Berlin", "Berlin", "DE"),
        ("Munich", "Munich", "Bavaria", "DE"),
        ("München, Deutschland", "Munich", "Bavaria", "DE"),
        ("São Paulo, Brazil", "São Paulo", None, "BR"),
        ("sao paulo", "São Paulo", None, "BR"),
        ("Bangalore, IN", "Bangalore", None, "IN"),
        ("Bengaluru, India", "Bangalore", None, "IN"),
        ("Indianapolis, IN", "Indianapolis", "Indiana", "US"),
        ("Perth, WA, Australia", "Perth", "Western Australia", "AU"),
        ("Sofia, Bulgaria", "Sofia", None, "BG"),
        ("Singapore, Singapore", "Singapore", None, "SG"),
        ("Moka, Mauritius", "Moka", None, "MU"),
        ("Turkey", None, None, "TR"),
        ("Korea", None, None, "KR"),
        ("U.S.A.", None, None, "US"),
        ("U.K.", None, None, "GB"),
        ("Mexico", None, None, "MX"),
        ("Tuscany, Italy", None, "Tuscany", "IT"),
        ("Karnataka, India", None, "Karnataka", "IN"),
        ("Osaka Prefecture, Japan", None, "Osaka Prefecture", "JP"),
        ("Guangdong, China", None, "Guangdong", "CN"),
        ("Washington County, Oregon", None, "Oregon", "US"),
        ("Bled, Slovenia", "Bled", None, "SI"),
        ("Bay Area", None, "California", "US"),
        ("Bay Area, California", None, "California", "US"),
        ("South Wharf VIC 3006, Australia", "South Wharf", "Victoria", "AU"),
        ("ExCeL London", "London", "England", "GB"),
        ("Convention Centre Dublin", "Dublin", None, "IE"),
        ("上海市", "Shanghai", None, "CN"),
        ("東京", "Tokyo", None, "JP"),
        ("서울", "Seoul", None, "KR"),
        ("القاهرة", "Cairo", None, "EG"),
    ],
)
def test_places(text: str, city: str | None, region: str | None, country: str) -> None:
    assert parse_location(text) == Location(city, region, country, text)


@pytest.mark.parametrize("text", ["Atlantis Bay, Germany", "Kleinkleckersdorf, Germany"])
def test_unknown_city_is_kept_with_its_country(text: str) -> None:
    found = parse_location(text)
    assert (found.city, found.country_code) == (text.partition(",")[0], "DE")


@pytest.mark.parametrize("text", ["Online", "virtual", "Virtual event", "Remote", "ONLINE ONLY", "Live online"])
def test_online_is_no_place(text: str) -> None:
    found = parse_location(text)
    assert found.online
    assert not found


def test_online_beside_a_place() -> None:
    assert parse_location("Online / Berlin") == Location("Berlin", "Berlin", "DE", "Online / Berlin")
    assert parse_location("Virtual and San Diego, CA").city == "San Diego"
    everywhere = parse_location("Online, USA")
    assert (everywhere.online, everywhere.country_code) == (True, "US")


@pytest.mark.parametrize("text", ["TBD", "Somewhere nice", "n/a", "???", "12345"])
def test_unrecognised_text_is_falsy_and_kept(text: str) -> None:
    assert parse_location(text) == Location(text=text)


@pytest.mark.parametrize(
    "value",
    [{"city": "Berlin", "country": "DE"}, ["Berlin", "Germany"], ("Berlin",), {"location": "Berlin"},
     {"name": {"city": "Berlin"}}, {"City": "Berlin", "state": "Berlin", "Country": "Germany"}],
)  # fmt: skip
def test_structured_values(value: Any) -> None:
    found = parse_location(value)
    assert (found.city, found.region, found.country_code) == ("Berlin", "Berlin", "DE")


@pytest.mark.parametrize("value", [None, 3, b"Berlin", "", "  ", {}, [], [None], {"city": None}])
def test_nothing_is_nothing(value: Any) -> None:
    assert parse_location(value) == Location()


@pytest.mark.parametrize(
    ("place", "wanted"),
    [
        ("San Francisco, CA", "San Francisco"), ("San Francisco, CA", "san francisco, california"),
        ("San Francisco, CA", "California"), ("San Francisco, CA", "CA"), ("San Francisco, CA", "United States"),
        ("San Francisco, CA", "USA"), ("Oakland, CA", "Bay Area"), ("Oakland, CA", "San Francisco Bay Area"),
        ("Berlin", "Germany"), ("Berlin", "Europe"), ("Berlin", "DACH"), ("Berlin", "EU"), ("Istanbul", "EMEA"),
        ("Sydney", "APAC"), ("Toronto", "North America"), ("Lima", "Latin America"), ("Online", "Online"),
        ("Virtual", "remote"), ("Buffalo, New York", "New York"), ("NYC", "New York"), ("Tbilisi", "Georgia"),
        ("Atlanta, GA", "Georgia"), ("London", "England"), ("London", "uk"), ("Kleinkleckersdorf, Germany", "Germany"),
        ("Berlin", "anywhere"), ("München", "Munich"),
    ],
)  # fmt: skip
def test_location_filter_accepts(place: str, wanted: str) -> None:
    assert location_matches(parse_location(place), wanted)


@pytest.mark.parametrize(
    ("place", "wanted"),
    [
        ("Berlin", "France"), ("Berlin", "Online"), ("Online", "Berlin"), ("Paris, TX", "Paris"),
        ("Paris, TX", "France"), ("Edinburgh", "England"), ("Los Angeles", "Bay Area"), ("Zurich", "EU"),
        ("Tokyo", "Europe"), ("TBD", "Germany"), ("Georgia", "United States"), ("Portland, OR", "California"),
        ("Dublin, Ireland", "Bay Area"), ("Berlin", "Atlantis"),
    ],
)  # fmt: skip
def test_location_filter_refuses(place: str, wanted: str) -> None:
    assert not location_matches(parse_location(place), wanted)


@given(
    st.one_of(
        st.none(),
        st.integers(),
        st.binary(),
        st.text(st.characters()),
        SEGMENTS,
        SEGMENTS.map(", ".join),
        SEGMENTS.map(" ".join),
    )
)
def test_never_raises_and_reads_its_own_spelling(value: Any) -> None:
    found = parse_location(value)
    assert found.country_code is None or len(found.country_code) == 2
    assert found.city != ""
    assert not (found.online and found.city)
    for wanted in (found.text, found.city, found.region, found.country_code):
        location_matches(found, wanted or "")
    if found.country_code:
        assert location_matches(found, "anywhere")


@given(st.dictionaries(st.text(), st.recursive(st.one_of(st.none(), st.text()), st.lists, max_leaves=5)))
def test_any_mapping_is_read_without_raising(value: dict[str, Any]) -> None:
    assert isinstance(parse_location(value), Location)
