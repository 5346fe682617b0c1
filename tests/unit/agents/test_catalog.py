"""The offline agents against the data they ship: nothing invented, nothing lost, the same answer every time."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prospecting.agents.catalog import CATALOG_DIR_VARIABLE, CatalogAgents
from prospecting.agents.errors import AgentError, NoSuchData
from prospecting.agents.searches import CompanySearch, EventSearch, PeopleSearch, Search, SeatSearch, SponsorSearch
from prospecting.parsing.contacts import parse_contacts
from prospecting.parsing.locations import location_matches, parse_location
from prospecting.parsing.urls import company_domain
from prospecting.scoring.seats import SEATS, choose_for_seats

ROOT = Path(__file__).parents[3]
CATALOG = ROOT / "include" / "catalog"
EXAMPLES = ROOT / "include" / "examples"
EVERYTHING = 100_000

AGENTS = CatalogAgents(CATALOG)


def ask(search: Search) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(AGENTS.answer(search).content)
    return answer


def events(keyword: str, **filters: Any) -> list[dict[str, Any]]:
    return list(ask(EventSearch(keyword, **{"limit": EVERYTHING, **filters}))["events"])


def names(found: list[dict[str, Any]]) -> list[str]:
    return [event["name"] for event in found]


def rows(file: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (CATALOG / file).read_text(encoding="utf-8").splitlines()]


EVENT_FILES = ("sponsor_events.jsonl", "events_ruby.jsonl", "events_confstech.jsonl")
EVENT_ROWS = {row["id"]: row for file in reversed(EVENT_FILES) for row in rows(file)}
SPONSOR_ROWS = rows("sponsors.jsonl")
OFFICERS = rows("leadership_fortune500_2020.jsonl")


# --- the data ------------------------------------------------------------------------------------------------------


def documented() -> dict[str, list[str]]:
    lines = (CATALOG / "README.md").read_text(encoding="utf-8").splitlines()
    table = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if ".jsonl |" in line]
    return {cells[0]: cells[1:] for cells in table}


def test_readme_lists_every_file_with_its_rows_and_fields() -> None:
    files = {path.name for path in CATALOG.glob("*.jsonl")}
    assert set(documented()) == files
    for file, (count, fields, _, _) in documented().items():
        shipped = rows(file)
        assert len(shipped) == int(count.replace(",", "")), file
        named = set(re.findall(r"\w+", re.sub(r"\([^)]*\)", "", fields))) - {"or"}
        assert {field for row in shipped for field in row} == named, file


def test_every_source_ships_its_licence_and_no_other_is_shipped() -> None:
    needed = {row["source"] for row in rows("sponsor_events.jsonl")}
    for _, _, source, _ in documented().values():
        needed |= set(re.findall(r"[\w.-]+/[\w.-]+\w", source)) - {"sponsor_events.jsonl"}
    shipped = {path.stem.replace("+", "/", 1) for path in (CATALOG / "licences").glob("*.txt")}
    assert shipped == needed
    assert all(path.stat().st_size > 100 for path in (CATALOG / "licences").iterdir())


@pytest.mark.parametrize(
    ("licence", "wording"),
    [
        ("MIT", "Permission is hereby granted, free of charge"),
        ("BSD-3-Clause", "Redistribution and use in source and binary forms"),
        ("Unlicense", "UNLICENSE"),
    ],
)
def test_licence_of_each_event_agrees_with_the_text_of_its_source(licence: str, wording: str) -> None:
    sources = {row["source"] for row in rows("sponsor_events.jsonl") if row["licence"] == licence}
    assert sources
    for source in sources:
        text = (CATALOG / "licences" / f"{source.replace('/', '+')}.txt").read_text(encoding="utf-8")
        assert wording in " ".join(text.split()), source


def test_readme_figures_about_sponsors_hold() -> None:
    assert sum("company" not in row for row in SPONSOR_ROWS) == 90
    assert {row["event_id"] for row in SPONSOR_ROWS} == {row["id"] for row in rows("sponsor_events.jsonl")}
    tiers: dict[tuple[str, str], list[str | None]] = {}
    for row in SPONSOR_ROWS:
        if row.get("company"):
            tiers.setdefault((row["event_id"], row["company"]), []).append(row.get("tier"))
    assert sum(len(held) > 1 for held in tiers.values()) == 32
    assert sum(len(set(held)) > 1 for held in tiers.values()) == 30
    assert sum(row.get("tier") is None for row in SPONSOR_ROWS) == 14


def test_catalog_is_small_and_holds_no_contact_data() -> None:
    assert sum(path.stat().st_size for path in CATALOG.rglob("*") if path.is_file()) < 5_000_000
    assert all(set(row) == {"company", "website", "person", "title", "as_of", "slot"} for row in OFFICERS)
    assert not any("phone" in row for row in rows("companies_wv.jsonl"))


# --- events --------------------------------------------------------------------------------------------------------

SUBJECTS = {
    "ruby": (152, "Rails World 2025"),
    "security": (9, "BSidesSF 2025"),
    "python": (9, "PyConES 2026"),
    "django": (8, "DjangoCon US 2025"),
    "devops": (3, "Incontro DevOps 2019"),
    "JavaScript": (6, "VueDay 2019"),
    "php": (1, "phpDay 2018"),
    ".NET": (1, "DDD Perth 2023"),
}


@pytest.mark.parametrize("keyword", SUBJECTS)
def test_keyword_finds_sponsored_events_of_its_subject_only(keyword: str) -> None:
    expected, one_of_them = SUBJECTS[keyword]
    found = events(keyword)
    sponsored = [event for event in found if event["has_sponsors"]]
    assert len(sponsored) == expected
    assert one_of_them in names(sponsored)
    assert len(found) < len(events("conference")) / 2


def test_keywords_are_words_not_substrings() -> None:
    assert events("java")
    assert not [event for event in events("java") if event["topics"] == ["javascript"]]
    assert events("rub") == []
    for event in events("AI"):
        spaced = event["name"].lower().replace("_", " ")
        assert re.search(r"\b(ai|artificial intelligence|genai|generative ai|llm)\b", spaced), event


@pytest.mark.parametrize(
    ("one", "other"),
    [("AI", "artificial intelligence"), ("RUBY", "ruby conferences"), ("K8s", "kubernetes"), ("c++", "CPP"),
     ("go", "golang"), ("São Paulo", "sao paulo"), ("cyber security", "infosec"), ("Node.js", "nodejs")],
)  # fmt: skip
def test_spellings_of_one_subject_find_the_same(one: str, other: str) -> None:
    assert events(one) == events(other)


def test_every_word_of_a_keyword_counts() -> None:
    assert set(names(events("ruby meetup"))) < set(names(events("ruby")))
    assert names(events("Rails World")) == [
        "Rails World 2026",
        "Rails World 2025",
        "Rails World 2024",
        "Rails World 2023",
    ]


@pytest.mark.parametrize("wanted", ["Germany", "Japan", "San Francisco", "Europe", "California", "Online", "NYC"])
def test_location_filter_keeps_exactly_the_events_there(wanted: str) -> None:
    for keyword in ("ruby", "security"):
        every = events(keyword)
        kept = events(keyword, locations=(wanted,))
        assert 0 < len(kept) < len(every)

        def lies_there(event: dict[str, Any]) -> bool:
            if wanted == "Online":
                return bool(event["online"])
            return location_matches(parse_location(event["location"]), wanted)

        assert kept == [event for event in every if lies_there(event)]


def test_any_of_several_locations_is_enough() -> None:
    both = events("ruby", locations=("Germany", "Japan"))
    assert len(both) == len(events("ruby", locations=("Germany",))) + len(events("ruby", locations=("Japan",)))


def test_window_is_inclusive_on_both_sides() -> None:
    days = {
        event["start_date"] for event in events("ruby", starts_from=date(2025, 4, 10), starts_until=date(2025, 4, 25))
    }
    assert min(days) == "2025-04-10"
    assert max(days) == "2025-04-25"
    assert not events("ruby", starts_from=date(2025, 5, 2), starts_until=date(2025, 5, 1))


def test_event_known_by_year_must_lie_in_the_window_as_a_whole() -> None:
    assert "BSidesSF 2025" in names(events("security", starts_from=date(2025, 1, 1), starts_until=date(2025, 12, 31)))
    assert "BSidesSF 2025" not in names(events("security", starts_from=date(2025, 1, 2)))
    assert "BSidesSF 2025" not in names(events("security", starts_until=date(2025, 12, 30)))
    (known,) = [event for event in events("BSidesSF") if event["name"] == "BSidesSF 2025"]
    assert known["date"] == "2025"
    assert "start_date" not in known


def test_event_without_any_date_passes_only_without_a_window() -> None:
    assert "GURU SP Meetup" in names(events("ruby"))
    assert "GURU SP Meetup" not in names(events("ruby", starts_from=date(1990, 1, 1)))


def test_order_is_sponsored_first_then_latest_then_name() -> None:
    found = events("ruby", starts_from=date(2000, 1, 1))
    order = [
        (not event["has_sponsors"], -date.fromisoformat(event["start_date"]).toordinal(), event["name"].casefold())
        for event in found
    ]
    assert order == sorted(order)
    assert events("ruby", starts_from=date(2000, 1, 1), limit=7) == found[:7]


@pytest.mark.parametrize("limit", [-1, 0])
def test_limit_below_one_gives_nothing(limit: int) -> None:
    assert events("ruby", limit=limit) == []


def test_one_event_listed_by_several_sources_appears_once() -> None:
    # DjangoCon US 2018 is in both, under two names; the entry with sponsors stays and keeps the topics of the other.
    assert names(events("DjangoCon", starts_from=date(2018, 10, 1), starts_until=date(2018, 10, 31))) == [
        "DjangoCon US 2018"
    ]
    (kyiv,) = events("RubyC", starts_from=date(2014, 1, 1), starts_until=date(2014, 12, 31))
    assert kyiv["name"] == "RubyC 2014"
    assert len([name for name in names(events("rubyday")) if name.endswith("2019")]) == 1


def test_events_of_one_name_in_two_places_stay_two() -> None:
    found = events("GDG DevFest", starts_from=date(2017, 9, 23), starts_until=date(2017, 9, 23))
    assert {event["location"] for event in found} >= {"Novosibirsk, Russia", "Lima, Peru"}


def test_cancelled_events_are_not_offered() -> None:
    cancelled = {row["name"] for row in EVENT_ROWS.values() if row.get("status") == "cancelled"}
    assert "Baltic Ruby 2026 (Cancelled)" in cancelled
    assert not cancelled & set(names(events("conference")))


def test_every_event_in_an_answer_is_in_the_files() -> None:
    known = {(row["name"], row.get("start"), row.get("end", row.get("start"))) for row in EVENT_ROWS.values()}
    websites = {row.get("url") for row in EVENT_ROWS.values()}
    venues = {row.get("venue") for row in EVENT_ROWS.values()}
    places = {
        row.get("location") or ", ".join(filter(None, (row.get("city"), row.get("country"))))
        for row in EVENT_ROWS.values()
    }
    found = events("conference")
    assert len(found) > 6_000
    for event in found:
        assert (event["name"], event.get("start_date"), event.get("end_date")) in known
        assert event["website"] in websites
        assert event["venue"] in venues
        assert event["location"] in places | {"Online", None}
        assert event["attendees"] is None


def test_answer_says_what_the_catalog_could_not_use() -> None:
    assert "attendees" not in ask(EventSearch("ruby"))["reasoning"]
    said = ask(EventSearch("ruby", min_attendees=1000, industries=("Retail",), discovery_prompt="big ones"))
    assert "attendees" in said["reasoning"]
    assert "prompt" in said["reasoning"]
    assert said["events"] == ask(EventSearch("ruby"))["events"]


@pytest.mark.parametrize("keyword", ["", "   ", "!!!", "quantum basket weaving", "\x00", "\ud800"])
def test_unknown_keyword_finds_nothing(keyword: str) -> None:
    assert events(keyword) == []


# --- sponsors ------------------------------------------------------------------------------------------------------


def test_every_offered_event_gives_exactly_its_own_sponsors() -> None:
    by_name = {row["name"]: row["id"] for row in rows("sponsor_events.jsonl")}
    answered = 0
    for event in events("conference"):
        if not event["has_sponsors"]:
            continue
        day = event.get("start_date") or (f"{event['date']}-01-01" if "date" in event else None)
        found = ask(
            SponsorSearch(event["name"], website=event["website"], starts_on=date.fromisoformat(day) if day else None)
        )["sponsors"]
        listed = [row for row in SPONSOR_ROWS if row["event_id"] == by_name[event["name"]]]
        assert [(s["name"], s["tier"], s["website"]) for s in found] == [
            (row.get("company"), row.get("tier"), row.get("website")) for row in listed
        ]
        answered += 1
    assert answered == 181


def test_nameless_sponsors_are_given_as_they_are() -> None:
    every = [s for event in rows("sponsor_events.jsonl") for s in ask(SponsorSearch(event["name"]))["sponsors"]]
    nameless = [sponsor for sponsor in every if sponsor["name"] is None]
    assert len(nameless) == 90
    assert all(sponsor["website"] for sponsor in nameless)


def test_event_is_found_under_the_name_of_another_listing() -> None:
    found = ask(
        SponsorSearch("DjangoCon", website="http://2023.djangocon.us/?utm_source=x", starts_on=date(2023, 10, 16))
    )
    assert found == ask(SponsorSearch("DjangoCon US 2023"))
    assert len(found["sponsors"]) == 23
    assert ask(SponsorSearch("rails-world", starts_on=date(2025, 9, 4), city="Amsterdam")) == ask(
        SponsorSearch("Rails World 2025")
    )


@pytest.mark.parametrize(
    "search",
    [
        SponsorSearch("Conference of Nothing 2025"),
        SponsorSearch(""),
        SponsorSearch("Rails World 2019"),
        SponsorSearch("Rails World", starts_on=date(2019, 9, 4)),
        SponsorSearch("BSidesSF 2025", starts_on=date(2024, 5, 4)),
        SponsorSearch("Rails World 2025", starts_on=date(2025, 3, 1)),
        SponsorSearch("React Summit"),
        SponsorSearch("", website="https://"),
        SponsorSearch("Nothing", starts_on=date.max),
        SponsorSearch("Rails World 2025", starts_on=date.min),
    ],
)
def test_unknown_event_or_edition_has_no_sponsors_and_a_reason(search: SponsorSearch) -> None:
    answer = ask(search)
    assert answer["sponsors"] == []
    assert answer["reasoning"]


def test_one_of_several_editions_is_never_guessed() -> None:
    answer = ask(SponsorSearch("Rails World"))
    assert answer["sponsors"] == []
    assert "several editions" in answer["reasoning"]


def test_industry_and_size_come_from_the_company_of_exactly_that_domain() -> None:
    facts = {company_domain(row["website"]): row for row in rows("companies_fortune500_2020.jsonl")}
    enriched = 0
    for event in rows("sponsor_events.jsonl"):
        for sponsor in ask(SponsorSearch(event["name"]))["sponsors"]:
            known = facts.get(company_domain(sponsor["website"]))
            if known:
                assert sponsor["industry"] == known["industry"]
                low, _, high = sponsor["employee_range"].rstrip("+").partition("-")
                assert int(low) <= known["employees"] <= int(high or 10**9)
                enriched += 1
            else:
                assert not {"industry", "employee_range"} & set(sponsor)
    assert enriched > 40


# --- people --------------------------------------------------------------------------------------------------------


def test_officers_are_found_by_domain_whatever_the_name() -> None:
    (person,) = ask(PeopleSearch("Cisco CSIRT", domain="https://www.cisco.com/careers"))["contacts"]
    assert person == {
        "name": "Charles H. Robbins",
        "title": "Chairman & Chief Executive Officer",
        "company": "Cisco Systems",
        "linkedinUrl": None,
        "email": None,
        "as_of": "2020-02",
    }


def test_every_listed_company_answers_with_its_own_officer() -> None:
    for row in OFFICERS:
        for domain in (None, row["website"]):
            found = ask(PeopleSearch(row["company"], domain=domain))["contacts"]
            assert [(p["name"], p["title"], p["company"], p["as_of"]) for p in found] == [
                (row["person"], row["title"], row["company"], row["as_of"])
            ]


@pytest.mark.parametrize(
    ("name", "domain"),
    [
        ("Delta", None),
        ("DELTA Co., Ltd.", "teamdelta.jp"),
        ("Apple", "apple-records.co.uk"),
        ("Oracle", "oracleoflove.net"),
        ("Amazon Web Services", "aws.amazon.com"),
        ("Cisco", "meraki.cisco.com"),
        ("O'Reilly", "oreilly.com"),
        ("On", "on-running.com"),
        ("Bank, Inc.", "thebank.jp"),
        ("Target", "targetdata.io"),
        ("Insight", "insightpartners.com"),
        ("Walt", "thewaltdisneycompany.com"),
        ("", None),
        ("", ""),
        ("株式会社", None),
        ("Nobody Knows This Company", "nobody-knows.example"),
    ],
)
def test_a_similar_company_is_not_the_company(name: str, domain: str | None) -> None:
    assert ask(PeopleSearch(name, domain=domain))["contacts"] == []


@pytest.mark.parametrize(
    "domain", ["microsoft.io", "microsoft.co.jp", "careers.microsoft.com", "github.com/microsoft", None]
)
def test_equal_name_with_the_same_label_or_no_domain_is_the_company(domain: str | None) -> None:
    (person,) = ask(PeopleSearch("Microsoft Corporation", domain=domain))["contacts"]
    assert person["company"] == "Microsoft"


def test_a_company_listed_by_its_domain_is_found_by_its_name() -> None:
    (person,) = ask(PeopleSearch("Salesforce"))["contacts"]
    assert person["company"] == "salesforce.com"


def test_two_companies_on_one_domain_are_told_apart_by_name() -> None:
    domain = "thewaltdisneycompany.com"
    assert ask(PeopleSearch("The Walt Disney Company", domain=domain))["contacts"][0]["company"] == "Walt Disney"
    assert ask(PeopleSearch("Twenty-First Century Fox", domain=domain))["contacts"][0]["company"] != "Walt Disney"
    assert ask(PeopleSearch("Pixar", domain=domain))["contacts"] == []


@pytest.mark.parametrize("attempt", [1, 2])
def test_every_listed_company_has_its_chief_executives_seat_filled_and_no_other(attempt: int) -> None:
    for row in OFFICERS:
        search = SeatSearch(row["company"], row["website"], target_functions=SEATS, attempt=attempt)
        found = choose_for_seats(parse_contacts(AGENTS.answer(search).content).items, SEATS)
        assert [(seat, person.title) for seat, person in found.by_seat.items()] == [("CEO", row["title"])]
        assert found.by_seat["CEO"].observed_on == date.fromisoformat(f"{row['as_of']}-01")


def test_seats_of_an_unknown_company_stay_empty() -> None:
    search = SeatSearch("Nobody Knows This Company", "nobody-knows.example", target_functions=SEATS)
    assert ask(search)["contacts"] == []


@pytest.mark.parametrize("limit", [-3, 0])
def test_people_limit(limit: int) -> None:
    assert ask(PeopleSearch("Microsoft", domain="microsoft.com", limit=limit))["contacts"] == []


# --- the agents as a whole -----------------------------------------------------------------------------------------


def test_funding_and_hiring_are_refused_in_plain_words() -> None:
    with pytest.raises(NoSuchData, match="live"):
        AGENTS.answer(CompanySearch("funding", "AI"))


def test_answers_are_free_and_never_reused() -> None:
    assert (AGENTS.provider, AGENTS.ttl_seconds) == ("catalog", 0)
    assert AGENTS.reserve_usd(EventSearch("ruby")) == Decimal(0)
    assert AGENTS.answer(EventSearch("ruby")).cost_usd == Decimal(0)


def test_missing_files_name_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CATALOG_DIR_VARIABLE, str(tmp_path))
    with pytest.raises(AgentError, match=CATALOG_DIR_VARIABLE) as caught:
        CatalogAgents().answer(EventSearch("ruby"))
    assert not caught.value.retryable


def test_broken_file_names_its_line(tmp_path: Path) -> None:
    (tmp_path / "sponsors.jsonl").write_text('{"event_id": "x"}\n{"event', encoding="utf-8")
    with pytest.raises(AgentError, match=r"sponsors\.jsonl, line 2"):
        CatalogAgents(tmp_path).answer(EventSearch("ruby"))


_TWO_ANSWERS = """
import sys
from prospecting.agents.catalog import CatalogAgents
from prospecting.agents.searches import EventSearch, PeopleSearch, SponsorSearch
for search in (EventSearch("conference", limit=100000), EventSearch("AI", locations=("Europe",)),
               SponsorSearch("Rails World 2025"), PeopleSearch("IBM")):
    sys.stdout.buffer.write(CatalogAgents().answer(search).content)
"""


def test_two_processes_give_the_same_bytes() -> None:
    said = [
        subprocess.run(
            [sys.executable, "-c", _TWO_ANSWERS],
            env={**os.environ, "PYTHONPATH": str(ROOT / "plugins"), "PYTHONHASHSEED": seed},
            cwd="/",
            check=True,
            capture_output=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert said[0] == said[1]
    assert len(said[0]) > 1_000_000


_TEXT = st.text(st.characters(), max_size=40) | st.sampled_from(
    ["ruby", "BSidesSF 2025", "https://", "2025", "Germany", "C++"]
)
_DAY = st.none() | st.dates()


@settings(max_examples=150, deadline=None)
@given(keyword=_TEXT, place=_TEXT, first=_DAY, last=_DAY, limit=st.integers(-2, 40))
def test_any_event_search_is_answered(
    keyword: str, place: str, first: date | None, last: date | None, limit: int
) -> None:
    found = ask(EventSearch(keyword, (place,), 5, first, last, (place,), place, limit))["events"]
    assert len(found) <= max(limit, 0)


@settings(max_examples=150, deadline=None)
@given(name=_TEXT, website=st.none() | _TEXT, day=_DAY, city=st.none() | _TEXT)
def test_any_sponsor_or_people_search_is_answered(
    name: str, website: str | None, day: date | None, city: str | None
) -> None:
    assert isinstance(ask(SponsorSearch(name, website, day, city))["sponsors"], list)
    assert isinstance(ask(PeopleSearch(name, website))["contacts"], list)


# --- the examples --------------------------------------------------------------------------------------------------

_KEYS = {
    "name", "type", "event_keywords", "locations", "min_attendees", "industries", "target_functions",
    "discovery_prompt", "outreach_context", "extract_sponsors", "limits", "agents", "budget",
}  # fmt: skip


def example(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((EXAMPLES / name).read_text(encoding="utf-8"))
    return loaded


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("signal_*.json")), ids=lambda path: path.name)
def test_examples_are_complete_and_say_when(path: Path) -> None:
    """Those about shipped data always find the same; one that asks outside may look ahead from today."""
    loaded = example(path.name)
    looks_ahead = loaded["agents"] == "live" and "next_days" in loaded
    assert set(loaded) - {"schedule"} == _KEYS | ({"next_days"} if looks_ahead else {"date_from", "date_to"})
    if not looks_ahead:
        assert date.fromisoformat(loaded["date_from"]) < date.fromisoformat(loaded["date_to"])
    assert set(loaded["limits"]) == {"max_events", "max_sponsors_per_event", "max_companies", "max_people_per_company"}
    assert set(loaded["budget"]) == {"max_usd", "max_calls"}
    if "schedule" in loaded:
        assert loaded["schedule"]["frequency"] in ("daily", "weekly", "monthly")
        assert re.fullmatch(r"[0-2]\d:[0-5]\d", loaded["schedule"]["time"])
        ZoneInfo(loaded["schedule"]["timezone"])


def found_by(loaded: dict[str, Any]) -> tuple[int, int, set[str]]:
    """Events, companies and the companies whose officers are known, within the limits of an example."""
    limits = loaded["limits"]
    found: dict[str, dict[str, Any]] = {}
    for keyword in loaded["event_keywords"]:
        first, last = (date.fromisoformat(loaded[key]) for key in ("date_from", "date_to"))
        for event in events(
            keyword,
            locations=tuple(loaded["locations"]),
            starts_from=first,
            starts_until=last,
            limit=limits["max_events"],
        ):
            found.setdefault(f"{event['name']} {event.get('start_date')}", event)
    chosen = list(found.values())[: limits["max_events"]]
    companies: dict[str, tuple[str, str | None]] = {}
    for event in chosen:
        day = date.fromisoformat(event.get("start_date") or f"{event['date']}-01-01")
        search = SponsorSearch(event["name"], event["website"], day)
        for sponsor in ask(search)["sponsors"][: limits["max_sponsors_per_event"]]:
            if sponsor["name"] and sponsor["tier"]:
                domain = company_domain(sponsor["website"])
                companies.setdefault(domain or sponsor["name"].casefold(), (sponsor["name"], domain))
    reached = list(companies.values())[: limits["max_companies"]]
    officers = {p["company"] for name, domain in reached for p in ask(PeopleSearch(name, domain))["contacts"]}
    return len(chosen), len(reached), officers


def test_first_run_reaches_every_officer_the_open_data_can_give() -> None:
    count, companies, officers = found_by(example("signal_conferences.json"))
    assert 15 <= count <= 40
    assert 150 <= companies <= 400
    reachable = set()
    for row in SPONSOR_ROWS:
        if row.get("company"):
            found = ask(PeopleSearch(row["company"], company_domain(row.get("website"))))["contacts"]
            reachable |= {person["company"] for person in found}
    assert officers == reachable
    assert len(officers) == 13


def test_scheduled_example_finds_sponsored_events() -> None:
    count, companies, _ = found_by(example("signal_scheduled.json"))
    assert count >= 15
    assert companies >= 100
