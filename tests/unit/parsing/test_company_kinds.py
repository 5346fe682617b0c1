"""Companies, and what else is listed among them: non-profits, authorities, groups, venues, people."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from prospecting.parsing.company_kinds import KINDS, classify_company
from prospecting.parsing.ownership import read_website
from prospecting.resources import resource_folder


@pytest.mark.parametrize(
    ("kind", "named"),
    [
        (
            "non_profit",
            "Python Software Verband e.V.|Chaos Computer Club e. V.|Mozilla Foundation|Stiftung Wikimedia"
            "|Python Software Foundation, Inc.|Fundación Telefónica|Stanford University"
            "|Technische Universität Berlin|Universitat de Barcelona|Code for America|Women Who Code"
            "|Women in Security and Privacy|Japan Ruby Association|Deutscher Django-Verein|Faith Baptist Church"
            "|Massachusetts Institute of Technology@mit.edu|University of Oxford@ox.ac.uk"
            "|EuroPython Society@europython-society.org",
        ),
        (
            "government",
            "City of Austin|County of Kent|Ministry of Defence|Department of Defense|US Air Force|Government of Canada"
            "|Bundesamt für Sicherheit|Ville de Paris|Ayuntamiento de Madrid|European Commission|Leeds City Council"
            "|Charleston Police Department|Braxton County Schools|Anything@agency.gov|Anything@bathnes.gov.uk"
            "|Anything@impots.gouv.fr|Anything@army.mil|NSA@intelligencecareers.gov",
        ),
        (
            "community",
            "Berlin Python User Group|Ruby Meetup Berlin|Sibiu Web Meetup|PyLadies Berlin|Rails Girls Kraków|Seattle.rb"
            "|GDG Cloud Munich|Virtual JUG",
        ),
        (
            "venue",
            "Moscone Convention Center|Hotel Adlon|Grand Hotel|Lakeview Golf Resort & Conference Center"
            "|Marriott Hotel Denver|Carnegie Concert Hall",
        ),
        ("person", "Dr. Jane Doe|Jeremy Evans@code.jeremyevans.net"),
        ("company", "Acme GmbH|Acme, Inc.|Kansas Hotel LLC|Trust Software Co.|Home Depot@homedepot.com"),
        (
            None,
            # In doubt it is a company: a wrong kind would lose it.
            "Ministry of Testing@ministryoftesting.com|EC-Council@eccouncil.org|Foundation Capital|State Farm"
            "|Code School|Hotel Engine|Hotel Tech Report|City Sightseeing|Morgan Stanley|Charles Schwab@schwab.com"
            "|Jane Doe|Meetup|Louis Vuitton@louisvuitton.com|Dr Pepper|Hilton@hilton.com|Church & Dwight"
            "|Mozilla Foundation GmbH|Hilton Worldwide|Recife Convention & Visitors Bureau|Linux Foundation Education"
            "|Sidekiq@sidekiq.org|State Bank of India",
        ),
    ],
)  # fmt: skip
def test_a_name_and_a_domain_tell_what_somebody_is(kind: str | None, named: str) -> None:
    for one in named.split("|"):
        name, _, domain = one.partition("@")
        assert classify_company(name, domain or None) == kind, one


def test_a_profile_of_a_person_tells() -> None:
    profile = "https://www.linkedin.com/in/jane-doe"
    assert classify_company("Jane Doe", None, profile) == "person"
    assert classify_company("Morgan Stanley", None, profile) is None
    assert classify_company("Jane Doe", None, profile.replace("/in/", "/company/")) is None


def catalogued(file: str) -> Iterator[tuple[str, str | None]]:
    for line in (resource_folder("catalog") / file).read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if name := row.get("company") or row.get("name"):
            website = row.get("website") or row.get("domain")
            yield name, read_website(website, name).domain if website else None


def test_the_companies_of_the_catalog_are_companies() -> None:
    for name, domain in catalogued("companies_fortune500_2020.jsonl"):
        assert classify_company(name, domain) in ("company", None), name
    for name, _ in catalogued("companies_sp500.jsonl"):
        assert classify_company(name) in ("company", None), name
    others = {
        name for name, domain in catalogued("sponsors.jsonl") if classify_company(name, domain) not in ("company", None)
    }
    # Every one of these was looked at.
    assert others == {
        "Associazione Ruby Italia", "Bangkok.rb", "Bath & North East Somerset Council", "Daystar",
        "DevOpsDays Pittsburgh", "Deutscher Django-Verein", "Django Events Foundation North America",
        "Django Software Foundation", "EuroPython Society", "Friendly.rb", "Geneva.rb", "Government Digital Service",
        "Hogeschool van Amsterdam", "Japan Ruby Association", "Jeremy Evans", "Kyobashi.rb",
        "Kyoto University Micro Computer Club", "Madison College", "Modena.rb", "NSA", "OWASP",
        "Open Source Software Society Shimane", "Pittsburgh Cultural Trust", "Python Software Foundation", "Riara",
        "STACK by GovTech", "Sibiu Web Meetup", "The Wharton School", "United States PostgreSQL Association",
        "United States PostgreSQL Association (PgUS)", "University of Wrocław", "Vienna.rb", "WNB.rb",
        "Women in Security and Privacy", "Wroclove.rb",
    }  # fmt: skip
    assert {classify_company(name) for name in others} <= {*KINDS, None}
