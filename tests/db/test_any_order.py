"""What is stored follows from what was said, not from which of several tasks was faster."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import cache, partial
from itertools import permutations
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, text

from prospecting.agents.catalog import CatalogAgents
from prospecting.agents.searches import EventSearch, SponsorSearch
from prospecting.parsing.events import parse_events
from prospecting.parsing.records import EventRecord, Location, SponsorRecord
from prospecting.parsing.sponsors import parse_sponsors
from prospecting.persistence.companies import CompanyRow, upsert_companies
from prospecting.persistence.database import run_in_transaction
from prospecting.persistence.events import event_key, upsert_event_sponsors, upsert_events
from prospecting.persistence.persons import PersonRow, upsert_persons
from prospecting.resources import resource_folder
from tests.db.factories import add_companies, empty, ids

Answer = tuple[EventRecord, list[SponsorRecord]]
Snapshot = dict[str, Counter[tuple[Any, ...]]]

_COMPANY = "concat_ws(' ', {0}.name_key, {0}.domain)"
_PAIR = "least({l}, {r}), greatest({l}, {r})".format(l=_COMPANY.format("l"), r=_COMPANY.format("r"))
_CURRENT = "join companies as c on c.id = s.company_id"
COMPANIES = {
    "companies": "select name, name_key, domain, website_url, linkedin_url, primary_industry, industry_is_guess, "
    "employee_range, description from companies where merged_into_id is null",
    "company_names": f"select s.name_key, s.name, {_COMPANY.format('c')} from company_names as s {_CURRENT}",
    "campaign_domains": "select s.domain, s.stem, s.name_key, c.name_key, c.domain from campaign_domains as s "
    + _CURRENT,
    "event_sponsors": f"select e.name_key, e.start_dt, {_COMPANY.format('c')}, s.sponsor_tier, s.tier_rank, "
    f"s.tier_labels::text, s.named_only from event_sponsors as s {_CURRENT} join events as e on e.id = s.event_id",
    "merge_candidates": f"select reason, {_PAIR}, evidence::text from merge_candidates as m "
    "join companies as l on l.id = left_id join companies as r on r.id = right_id "
    "where entity_type = 'company' and m.status = 'open'",
}
EVENTS = {
    "events": "select e.name, e.name_key, e.start_dt, e.end_dt, e.date_precision, c.name, v.name, e.is_online, "
    "e.website_url, e.attendees, e.event_type, e.industry, e.description from events as e "
    "left join cities as c on c.id = e.city_id left join venues as v on v.id = e.venue_id",
}
PERSONS = {
    "persons": "select full_name, name_key, first_name, last_name, linkedin_url, current_title, seniority, "
    "title_observed_on, location_text, bio from persons",
    "contact_channels": "select p.linkedin_url, s.channel_type, s.value, s.is_identity from contact_channels as s "
    "join persons as p on p.id = s.person_id",
    "company_person_roles": "select p.linkedin_url, s.role_title, s.role_key, s.is_current, s.observed_on, "
    "s.target_function, s.target_match from company_person_roles as s join persons as p on p.id = s.person_id",
}


def snapshot(connection: Connection, queries: dict[str, str]) -> Snapshot:
    """What is stored, by natural keys."""
    return {name: Counter(tuple(row) for row in connection.execute(text(query))) for name, query in queries.items()}


def saved_in_every_order(
    connection: Connection, orders: Iterable[Sequence[Any]], save: Callable[[Connection, Any], object], **queries: str
) -> Snapshot:
    """What is stored after saving in each of the orders, which must be the same."""
    expected: Snapshot | None = None
    for order in orders:
        with connection.begin_nested() as savepoint:
            for one in order:
                save(connection, one)
            found = snapshot(connection, queries)
            savepoint.rollback()
        expected = expected or found
        assert found == expected, order
    assert expected is not None
    return expected


# ------------------------------------------------------------------------------------------------------ a whole run
@cache
def catalog_answers() -> list[Answer]:
    """Events and their sponsors, as `make run` finds them."""
    example = json.loads((resource_folder("examples") / "signal_conferences.json").read_text(encoding="utf-8"))
    agents = CatalogAgents()
    events: dict[tuple[object, ...], EventRecord] = {}
    for keyword in example["event_keywords"]:
        search = EventSearch(
            keyword,
            starts_from=date.fromisoformat(example["date_from"]),
            starts_until=date.fromisoformat(example["date_to"]),
            limit=example["limits"]["max_events"],
        )
        for event in parse_events(agents.answer(search).content).items:
            events[event_key(event.name), event.start, event.location.city] = event
    answers = []
    for event in events.values():
        sponsors = SponsorSearch(event.name, event.website, event.start, event.location.city)
        answers.append((event, list(parse_sponsors(agents.answer(sponsors).content).items)))
    return answers


def save_answer(connection: Connection, answer: Answer) -> None:
    event, sponsors = answer
    (event_id,) = ids(upsert_events(connection, [event], source_system="test").saved)
    rows = [CompanyRow.from_sponsor(sponsor, None, event.website) for sponsor in sponsors]
    saved = upsert_companies(connection, rows, source_system="test").saved
    links = [(company, sponsor) for company, sponsor in zip(saved, sponsors, strict=True) if company]
    upsert_event_sponsors(connection, event_id, links, source_system="test")


def test_the_answers_of_a_run_in_any_order(connection: Connection) -> None:
    answers = catalog_answers()
    orders = [answers, answers[::-1], [*answers[1::2], *answers[::2]], random.Random(1).sample(answers, len(answers))]
    found = saved_in_every_order(connection, orders, save_answer, **COMPANIES, **EVENTS)
    assert len(found["companies"]) > 300, "it is a whole run"
    assert len(found["company_names"]) > 15, "with companies under several names"


def test_two_writers_at_once_in_opposite_orders(engine: Engine) -> None:
    answers = catalog_answers()

    def write(order: Sequence[Answer]) -> None:
        for answer in order:
            run_in_transaction(partial(save_answer, answer=answer), engine)

    write(answers)
    with engine.connect() as connection:
        expected = snapshot(connection, COMPANIES | EVENTS)
    empty(engine)
    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(write, order) for order in (answers, answers[::-1])]:
            done.result()
    with engine.connect() as connection:
        assert snapshot(connection, COMPANIES | EVENTS) == expected


# ------------------------------------------------------------------------------------------------------ companies
Named = tuple[str, str | None]
CLASHES: list[tuple[Named, ...]] = [
    (("1password", "1password.com"), ("1Password", "https://1password.com/jobs"), ("1PASSWORD", "www.1password.com")),
    (("Acme", None), ("Acme", "acme.com"), ("ACME Inc", "acme.org")),
    (("Acme Cloud", None), ("Acme", "acme.com"), ("Acme Cloud", "acme.com")),
    (("Globex", "acme.com"), ("Acme", "https://acme.com/jobs"), ("Globex", "globex.com")),
    (("Alphabet", "google.com"), ("Google", "google.com"), ("Alphabet", None)),
    (("Ajax", "https://somewhere.io/x"), ("Boreal", "https://somewhere.io"), ("Boreal", None)),
    (("Pinterest", None), ("Pinterest Careers", "pinterestcareers.com"), ("Pinterest", "pinterest.com")),
    (("Pinterest Careers", None), ("Pinterest", "pinterestcareers.com"), ("Pinterest", "pinterest.com")),
    (("Pinterest Jobs", "pinterest.jobs"), ("Pinterest", "pinterestcareers.com"), ("Pinterest Careers", None)),
]


def save_sponsor(connection: Connection, named: Named) -> None:
    """A mention at an event of its own."""
    save_answer(connection, (EventRecord(f"Conf of {named}"), [SponsorRecord(named[0], "gold", named[1])]))


@pytest.mark.parametrize("mentions", CLASHES, ids=str)
def test_clashing_names_and_domains_in_any_order(connection: Connection, mentions: tuple[Named, ...]) -> None:
    saved_in_every_order(connection, permutations(mentions), save_sponsor, **COMPANIES)


NAMED = st.sampled_from([*{mention for clash in CLASHES[1:] for mention in clash}])


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pair=st.lists(NAMED, min_size=2, max_size=2, unique=True))
def test_any_two_mentions_in_either_order(shared_engine: Engine, pair: list[Named]) -> None:
    with shared_engine.connect() as connection:
        saved_in_every_order(connection, permutations(pair), save_sponsor, **COMPANIES)


def test_a_sponsor_found_by_name_alone_follows_the_name(connection: Connection) -> None:
    save_sponsor(connection, ("Acme", "weareacme.io"))
    save_sponsor(connection, ("Acme", None))
    query = text(
        "select c.domain from event_sponsors as s join companies as c on c.id = s.company_id order by s.event_id"
    )
    assert connection.execute(query).scalars().all() == ["weareacme.io", "weareacme.io"]
    save_sponsor(connection, ("Acme", "acme.com"))
    assert connection.execute(query).scalars().all() == ["weareacme.io", "acme.com", "acme.com"]


FACTS = [
    CompanyRow("Acme", "acme.com", "linkedin.com/company/acme-inc", "Metal", "11-50", "d", industry_is_guess=True),
    CompanyRow("Acme", "http://acme.com/about", "linkedin.com/company/acme", "Rockets", None, "longer"),
    CompanyRow("ACME", "acme.com/de", None, "Anvils", "51-200", None),
]


def save_company(connection: Connection, row: CompanyRow) -> None:
    upsert_companies(connection, [row], source_system="test")


def test_what_is_said_of_a_company_in_any_order(connection: Connection) -> None:
    found = saved_in_every_order(connection, permutations(FACTS), save_company, **COMPANIES)
    (company,) = found["companies"]
    linkedin = "https://www.linkedin.com/company/acme"
    assert company == ("Acme", "acme", "acme.com", "https://acme.com", linkedin, "Rockets", False, "51-200", "longer")


# ------------------------------------------------------------------------------------------------------ events, people
def test_events_in_any_order(connection: Connection) -> None:
    first, last = date(2027, 3, 15), date(2027, 3, 17)
    place = Location("San Diego", "California", "US")
    records = [
        EventRecord("rubyconf 2027", first, None, place, website="https://rubyconf.org/2027", date_precision="day"),
        EventRecord(
            "RubyConf 2027", first, last, place, website="https://rubyconf.org", attendees=800, date_precision="day"
        ),
        EventRecord("RubyConf", first, last, Location("SAN DIEGO", "California", "US"), attendees=900, venue="Hall B"),
        EventRecord("RubyConf", first, first, place, description="d", venue="Town Hall"),
    ]

    def save(connection: Connection, record: EventRecord) -> None:
        upsert_events(connection, [record], source_system="test")

    found = saved_in_every_order(connection, permutations(records), save, **EVENTS)
    (event,) = found["events"]
    assert event[:7] == ("RubyConf 2027", "rubyconf", first, last, "day", "San Diego", "Town Hall")
    assert event[8:10] == ("https://rubyconf.org", 900)


def test_people_in_any_order(connection: Connection) -> None:
    acme, globex = add_companies(connection, "Acme", "Globex")
    profile, day = "linkedin.com/in/jane-doe", date(2026, 1, 1)
    rows = [
        PersonRow("Jane Doe", acme, "CHIEF TECHNOLOGY OFFICER", profile, phone="+1 555 0100", observed_on=day),
        PersonRow("Jane Doe", acme, "Chief Technology Officer", profile, location_text="Berlin", observed_on=day),
        PersonRow("Jane Doe", globex, "Board Member", profile, location_text="Berlin, Germany", bio="b"),
        PersonRow("Jane Doe", acme, "CTO", profile, phone="+1 (555) 0100", bio="a", observed_on=day),
    ]

    def save(connection: Connection, row: PersonRow) -> None:
        upsert_persons(connection, [row], source_system="test")

    found = saved_in_every_order(connection, permutations(rows), save, **PERSONS)
    (person,) = found["persons"]
    assert person[5:] == ("CTO", "C-Suite", day, "Berlin, Germany", "a")
    assert {role[1] for role in found["company_person_roles"]} == {"Chief Technology Officer", "Board Member", "CTO"}
