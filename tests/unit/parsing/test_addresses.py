"""Places read from street addresses, and texts that name more than one city."""

from __future__ import annotations

import re

import pytest

from prospecting.parsing.locations import is_known_place, location_matches, parse_location
from prospecting.parsing.records import Location
from tests.unit.parsing.bounded import bounded


@pytest.mark.parametrize(
    ("text", "city", "region", "country"),
    [
        ("22-26 Ormeau Ave, Belfast BT2 8HS, UK", "Belfast", "Northern Ireland", "GB"),
        ("22-26 George St, Edinburgh EH2 2PQ", "Edinburgh", "Scotland", "GB"),
        ("10 Downing Street London SW1A 2AA", "London", "England", "GB"),
        ("Manchester, M1 1AE", "Manchester", "England", "GB"),
        ("Shepton Mallet BA4 5QE", "Shepton Mallet", None, "GB"),
        ("Damrak 243, 1012 ZJ Amsterdam, Netherlands", "Amsterdam", None, "NL"),
        ("Damrak 243, 1012 ZJ Amsterdam", "Amsterdam", None, "NL"),
        ("Binnenweg 10, 7211 MA Eefde, Netherlands", "Eefde", None, "NL"),
        ("68 Market St, Sydney NSW 2000, Australia", "Sydney", "New South Wales", "AU"),
        ("68 Market St, Sydney NSW 2000", "Sydney", "New South Wales", "AU"),
        ("17 Stanley Street, Warrnambool, VIC, 3280", "Warrnambool", "Victoria", "AU"),
        ("Level 5, 100 St Georges Terrace, Perth WA 6000", "Perth", "Western Australia", "AU"),
        ("401 Sabine Street Austin, TX 78701", "Austin", "Texas", "US"),
        ("123 Main St Springfield IL 62701", "Springfield", "Illinois", "US"),
        ("503 Hart Senate Office Building Washington DC 20510", "Washington", "District of Columbia", "US"),
        ("350 Fifth Avenue, New York 10118", "New York", "New York", "US"),
        ("1234 NE Broadway, Portland, OR 97204-1234", "Portland", "Oregon", "US"),
        ("2000 Mountain Rd NW, Albuquerque, NM 87104", "Albuquerque", "New Mexico", "US"),
        ("Snug Harbor Rd, Cooper Landing, AK 99572, USA", "Cooper Landing", "Alaska", "US"),
        ("7104 Crossroads Blvd, Brentwood, TN 37027, USA", "Brentwood", "Tennessee", "US"),
        ("100 Queen St W, Toronto ON M5H 2N2", "Toronto", "Ontario", "CA"),
        ("1210 boul. Saint-Laurent, Montréal, Québec H2X 2S5", "Montréal", "Quebec", "CA"),
        ("Friedrichstraße 123, 10117 Berlin", "Berlin", "Berlin", "DE"),
        ("Torstraße 1, Berlin-Mitte, 10119 Berlin", "Berlin", "Berlin", "DE"),
        ("D-80331 München", "Munich", "Bavaria", "DE"),
        ("Dorfstraße 5, 12345 Kleinkleckersdorf, Germany", "Kleinkleckersdorf", None, "DE"),
        ("Am Augartenspitz 1, 1020 Wien, Austria", "Vienna", None, "AT"),
        ("Bahnhofstrasse 1, CH-8001 Zürich", "Zurich", None, "CH"),
        ("Hardstrasse 201, 8005 Zürich ZH", "Zurich", None, "CH"),
        ("5 Boulevard Ney 75018 Paris", "Paris", None, "FR"),
        ("12 rue X, 75008 Paris Cedex 08", "Paris", None, "FR"),
        ("Calle de Alcalá 50, 28014 Madrid, Spain", "Madrid", None, "ES"),
        ("Passeig de Gràcia 1, 08007 Barcelona, Catalonia, Spain", "Barcelona", "Catalonia", "ES"),
        ("Via Baldassarre Longhena, 42, 37138 Verona VR, Italy", "Verona", "Verona", "IT"),
        ("8-1 Aobayama, Aoba-ku, Sendai, Miyagi 980-0856, Japan", "Sendai", "Miyagi", "JP"),
        ("2 Chome-43-1 Kodatsuno, Kanazawa, Ishikawa 920-0942, Japan", "Kanazawa", "Ishikawa", "JP"),
        ("1-9-1 Marunouchi, Chiyoda-ku, Tokyo 100-0005", "Tokyo", None, "JP"),
        ("Weikfield IT Park, Nagar Road, Pune - 411014, Maharashtra, India", "Pune", "Maharashtra", "IN"),
        ("Connaught Place, New Delhi 110 001", "New Delhi", None, "IN"),
        ("Av. Paulista, 1578 - Bela Vista, São Paulo - SP, 01310-200, Brazil", "São Paulo", "São Paulo", "BR"),
        ("Praia de Muro Alto, Ipojuca - PE, 55590-000, Brazil", "Ipojuca", "Pernambuco", "BR"),
        ("Drottninggatan 1, SE-111 51 Stockholm", "Stockholm", None, "SE"),
        ("Rådhuspladsen 1, 1550 København V, Denmark", "Copenhagen", None, "DK"),
        ("pl. Defilad 1, 00-901 Warszawa, Poland", "Warsaw", None, "PL"),
        ("Lidická 23, 602 00 Brno, Czechia", "Brno", None, "CZ"),
        ("Tallinas iela 10-3, Centra rajons, Rīga, LV-1001, Latvia", "Riga", None, "LV"),
        ("1 Grand Canal Square, Dublin D02 P820, Ireland", "Dublin", None, "IE"),
        ("Mitropoleos 15, Athina 105 57, Greece", "Athens", "Attica", "GR"),
        ("Rua Augusta 100, 1100-053 Lisboa", "Lisbon", None, "PT"),
        ("10 Eunos Rd 8, Singapore 408600", "Singapore", None, "SG"),
        ("Marina Bay Sands, Singapore", "Singapore", None, "SG"),
        ("L-1855 Luxembourg", "Luxembourg", None, "LU"),
        ("No. 43, Keelung Rd, Taipei City, Taiwan 106", "Taipei City", None, "TW"),
        ("Dublin 2, Ireland", "Dublin", None, "IE"),
    ],
)
def test_a_street_address_names_its_city(text: str, city: str, region: str | None, country: str) -> None:
    assert parse_location(text) == Location(city, region, country, text)


@pytest.mark.parametrize(
    ("text", "region", "country"),
    [
        ("Berlin / Munich", None, "DE"), ("Berlin & Munich", None, "DE"), ("Berlin and Munich, Germany", None, "DE"),
        ("Berlin, Munich", None, "DE"), ("Hamburg und Berlin", None, "DE"), ("Berlin; Munich", None, "DE"),
        ("London and Paris", None, None), ("Paris, London", None, None), ("London, Paris and Berlin", None, None),
        ("New York / London", None, None), ("Toronto and New York", None, None), ("LA and NYC", None, "US"),
        ("Tokyo, Osaka, Japan", None, "JP"), ("Dallas / Fort Worth, TX", "Texas", "US"),
        ("Lisbon or Porto", None, "PT"),
        ("Chicago, Illinois; Pittsburgh, Pennsylvania", None, "US"), ("London, UK / Paris, France", None, None),
        ("London EC2A 4NE / Manchester M1 1AE", "England", "GB"), ("berlin and munich", None, "DE"),
    ],
)  # fmt: skip
def test_two_cities_are_none(text: str, region: str | None, country: str | None) -> None:
    assert parse_location(text) == Location(None, region, country, text)


@pytest.mark.parametrize(
    ("text", "city"),
    [
        ("Köln / Cologne", "Cologne"), ("Geneva/Genève", "Geneva"), ("Frankfurt/Main", "Frankfurt"),
        ("Brighton and Hove, UK", "Brighton and Hove"), ("Port of Spain, Trinidad and Tobago", "Port of Spain"),
        ("Sarajevo, Bosnia & Herzegovina", "Sarajevo"), ("San Francisco / Online", "San Francisco"),
        ("CityCube / Berlin", "Berlin"), ("Assago, Milan, Italy", "Milan"), ("Brooklyn, New York", "Brooklyn"),
        ("Messe München, Munich, Germany", "Munich"), ("Shibuya, Tokyo, Japan", "Tokyo"),
        ("Bologna - March 7-8, 2019", "Bologna"), ("Yokohama, Kanagawa, Japan", "Yokohama"),
    ],
)  # fmt: skip
def test_one_city_however_it_is_joined(text: str, city: str) -> None:
    assert parse_location(text).city == city


@pytest.mark.parametrize(
    ("text", "city", "region"),
    [
        ("Ciudad Juárez, Chihuahua, Mexico", "Ciudad Juárez", "Chihuahua"),
        ("Naha, Okinawa, Japan", "Naha", "Okinawa"),
        ("Matsumoto, Nagano, Japan", "Matsumoto", "Nagano"), ("Zhengzhou, Henan, China", "Zhengzhou", "Henan"),
    ],
)  # fmt: skip
def test_a_region_may_have_the_name_of_another_city(text: str, city: str, region: str) -> None:
    found = parse_location(text)
    assert (found.city, found.region) == (city, region)


@pytest.mark.parametrize(
    ("value", "region"),
    [
        ("Heraklion, Greece", "Crete"), ("Antwerp, Belgium", "Flanders"), ("Lima, Peru", None),
        ("Manila, Philippines", None),
        ("Miyagi 980-0856", None), ("Antwerp, VLG, Belgium", "Flanders"), ("Zurich, ZH, Switzerland", "Zürich"),
        ({"city": "Sendai", "region": "Miyagi 980-0856", "country": "Japan"}, "Miyagi"),
        ({"city": "Heraklion", "region": "ESYE43", "country": "GR"}, "Crete"),
        ({"city": "Oulu", "region": "FI1D9", "country": "Finland"}, None),
        ({"city": "Graz", "region": "8010", "country": "Austria"}, None),
        ({"city": "Graz", "region": "QQQ", "country": "Austria"}, None),
    ],
)  # fmt: skip
def test_a_region_is_a_name_or_nothing(value: object, region: str | None) -> None:
    found = parse_location(value)
    assert found.region == region
    assert not re.search(r"\d", found.region or "")


@pytest.mark.parametrize(
    "wanted",
    ["Germany", "germany", "de", "US", "California", "CA", "Berlin", "San Francisco, CA", "Europe", "EMEA", "DACH",
    "the Nordics",
     "Bay Area", "online", "Remote", "anywhere", "Northern Ireland", "Flanders", "München",
     "Kleinkleckersdorf, Germany"],
)  # fmt: skip
def test_places_that_can_be_looked_for(wanted: str) -> None:
    assert is_known_place(wanted)


@pytest.mark.parametrize("wanted", ["Narnia", "", "  ", "asdfgh", "Untied States", "???", "12345", None, 3, ["Berlin"]])
def test_places_that_mean_nothing(wanted: object) -> None:
    assert not is_known_place(wanted)


def test_a_place_that_matches_is_known() -> None:
    for place in ("Berlin", "Paris, TX", "Toronto M5V 3M4", "Online"):
        found = parse_location(place)
        assert location_matches(found, place)
        assert is_known_place(place)


@pytest.mark.parametrize(
    "text",
    [
        "1 St " * 200_000,
        "a/b " * 250_000,
        "Berlin/Munich " * 71_000,
        "(" * 1_000_000,
        "1234 " * 200_000,
        "Berlin, " * 125_000,
    ],
)
def test_a_megabyte_is_read_at_once(text: str) -> None:
    parse_location("Berlin, Germany")  # the gazetteer is read at first use
    parse_location("Nowhere at all")
    with bounded():
        parse_location(text)
        parse_location([text] * 8)
