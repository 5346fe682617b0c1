"""Domains and whose they are: websites not the company's own, names that share a domain, campaigns."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text

from prospecting.persistence.companies import CompanyRow, upsert_companies
from prospecting.persistence.database import unit_of_work
from prospecting.persistence.events import find_website
from prospecting.services.answers import Origin, save_companies
from prospecting.services.runtime import Runtime
from tests.db.factories import at_once, content, count, ids, stored, versions


def save(connection: Connection, *rows: tuple[str, str | None], event_website: str | None = None) -> list[int]:
    batch = [CompanyRow(*row, event_website=event_website) for row in rows]
    return ids(upsert_companies(connection, batch, source_system="test").saved)


def companies(connection: Connection) -> dict[str, tuple[str | None, str | None]]:
    rows = stored(connection, "companies", "name, domain, website_url", "id")
    return {row["name"]: (row["domain"], row["website_url"]) for row in rows}


def pairs(connection: Connection) -> list[dict[str, Any]]:
    return stored(connection, "merge_candidates", "left_id, right_id, reason, evidence, status", "left_id, right_id")


# ------------------------------------------------------------------------------------------------------ no own website
@pytest.mark.parametrize("in_one_batch", [True, False])
@pytest.mark.parametrize(
    "websites",
    [
        ("https://techcrunch.com/2026/01/01/ajax-raises", "https://techcrunch.com/2026/02/02/boreal-raises"),
        ("gmail.com", "https://gmail.com"),
        ("https://www.g2.com/products/ajax", "https://www.g2.com/products/boreal"),
        ("https://www.prnewswire.com", "https://www.prnewswire.com"),
        ("https://a.mapyourshow.com/8_0/exhibitor/1", "https://a.mapyourshow.com/8_0/exhibitor/2"),
        ("https://some-fair.org/exhibitors/ajax", "https://some-fair.org/exhibitors/boreal"),
        ("https://www.sec.gov/edgar/1", "https://www.sec.gov/edgar/2"),
    ],
)
def test_two_firms_on_a_page_about_both_are_two(
    connection: Connection, websites: tuple[str, str], in_one_batch: bool
) -> None:
    rows = list(zip(("Ajax", "Boreal"), websites, strict=True))
    found = save(connection, *rows) if in_one_batch else save(connection, rows[0]) + save(connection, rows[1])
    assert found[0] != found[1]
    assert companies(connection) == {"Ajax": (None, None), "Boreal": (None, None)}
    assert pairs(connection) == [], "the page says nothing about them"


def test_sponsors_on_the_events_host(connection: Connection) -> None:
    save(
        connection,
        ("Ajax", "https://anvilconf.io/sponsors/ajax"),
        ("Boreal", "https://www.anvilconf.io/2027/boreal"),
        ("Cobalt", "https://sponsors.anvilconf.io"),
        ("Anvil Conf", "https://anvilconf.io"),
        ("Delta", "https://delta.dev"),
        event_website="https://www.anvilconf.io/2027",
    )
    assert companies(connection) == {
        "Ajax": (None, None),
        "Boreal": (None, None),
        "Cobalt": (None, None),
        "Anvil Conf": ("anvilconf.io", "https://anvilconf.io"),
        "Delta": ("delta.dev", "https://delta.dev"),
    }
    assert pairs(connection) == []


# ------------------------------------------------------------------------------------------------------ shared domains
def test_two_unlike_names_on_one_domain_are_two_companies_and_it_is_neithers(connection: Connection) -> None:
    ajax, boreal = save(connection, ("Ajax", "https://somewhere.io/a"), ("Boreal", "https://somewhere.io/b"))
    assert companies(connection) == {"Ajax": (None, None), "Boreal": (None, None)}
    assert pairs(connection) == [
        {
            "left_id": ajax,
            "right_id": boreal,
            "reason": "shared_domain",
            "evidence": {"domain": "somewhere.io", "names": ["Ajax", "Boreal"]},
            "status": "open",
        }
    ]


def test_a_domain_that_one_of_two_unlike_names_fits_is_neithers_all_the_same(connection: Connection) -> None:
    known = save(connection, ("Acme", None), ("Widget Team", None))
    assert save(connection, ("Acme", "acme.com"), ("Widget Team", "acme.com")) == known
    assert {domain for domain, _ in companies(connection).values()} == {None}
    assert [pair["reason"] for pair in pairs(connection)] == ["shared_domain"]


@pytest.mark.parametrize(
    ("one", "other", "domain"),
    [
        ("Acme Cloud", "Acme, Inc.", "acme.com"),
        ("IBM", "International Business Machines", "ibm.com"),
        ("Amazon Web Services", "AWS", "aws.amazon.com"),
        ("Saeloun", "Saleoun", "saeloun.com"),
    ],
)
def test_like_names_on_one_domain_are_one_company(connection: Connection, one: str, other: str, domain: str) -> None:
    first, second = save(connection, (one, domain), (other, domain))
    assert first == second
    assert [row["domain"] for row in stored(connection, "companies")] == [domain]
    assert pairs(connection) == []


def test_of_many_names_on_one_domain_each_is_paired_with_the_first(connection: Connection) -> None:
    names = ("Ajax", "Boreal", "Cobalt", "Delta")
    found = save(connection, *((name, f"https://a-list.io/{name}") for name in names))
    assert len(set(found)) == len(names)
    assert [(pair["left_id"], pair["right_id"]) for pair in pairs(connection)] == [
        (found[0], other) for other in found[1:]
    ]


def test_a_later_name_that_has_nothing_to_do_with_the_known_one_is_on_record(connection: Connection) -> None:
    (google,) = save(connection, ("Google", "google.com"))
    (alphabet,) = save(connection, ("Alphabet", "https://google.com/about"))
    assert alphabet != google
    assert companies(connection) == {"Google": ("google.com", "https://google.com"), "Alphabet": (None, None)}
    assert [(p["left_id"], p["right_id"], p["reason"]) for p in pairs(connection)] == [
        (google, alphabet, "shared_domain")
    ]
    before = versions(connection)
    assert save(connection, ("Alphabet", "google.com")) == [alphabet]
    assert save(connection, ("Google Cloud", "google.com"), ("Google Inc", "google.com")) == [google, google]
    assert versions(connection) == before


def test_a_later_name_that_the_domain_spells_is_the_company(connection: Connection) -> None:
    (known,) = save(connection, ("Alphabet", "google.com"))
    assert save(connection, ("Google", "google.com")) == [known]
    assert save(
        connection,
        ("Alphabet Inc", "google.com"),
    ) == [known], "its first name still means it"
    assert companies(connection) == {"Google": ("google.com", "https://google.com")}


def test_a_shared_domain_does_not_move_what_is_known(connection: Connection) -> None:
    (acme,) = save(connection, ("Acme", "acme.com"))
    found = save(connection, ("Acme", "acme.com"), ("Boreal", "acme.com"))
    assert found[0] == acme != found[1]
    assert companies(connection) == {"Acme": ("acme.com", "https://acme.com"), "Boreal": (None, None)}
    assert [(p["left_id"], p["right_id"]) for p in pairs(connection)] == [tuple(found)]


def test_what_a_person_has_merged_is_settled(connection: Connection) -> None:
    acme, globex = save(connection, ("Acme", "acme.com"), ("Globex", "globex.com"))
    connection.execute(
        text("update companies set merged_into_id = :winner where id = :loser"), {"winner": globex, "loser": acme}
    )
    assert save(connection, ("Acme", "acme.com"), ("Boreal", "acme.com")) == [globex, globex]
    assert save(connection, ("Anything", "acme.com")) == [globex]
    assert count(connection, "companies") == 2


def test_a_decided_pair_on_a_shared_domain_stays_decided(connection: Connection) -> None:
    save(connection, ("Ajax", "somewhere.io"), ("Boreal", "somewhere.io"))
    connection.execute(text("update merge_candidates set status = 'distinct'"))
    save(connection, ("Ajax", "somewhere.io"), ("Boreal", "somewhere.io"))
    assert [pair["status"] for pair in pairs(connection)] == ["distinct"]


def test_unlike_names_with_one_domain_at_once(engine: Engine) -> None:
    rows = [(f"{name}{i}", f"shared{i}.io") for i in range(20) for name in ("Ajax", "Boreal")]
    with unit_of_work(engine) as connection:
        save(connection, *rows)
        expected = content(connection, "companies", "merge_candidates")
    with unit_of_work(engine) as connection:
        connection.execute(text("truncate companies, merge_candidates restart identity cascade"))
    batches = [rows, rows[::-1], rows[10:] + rows[:10]]
    at_once(engine, [lambda connection, batch=batch: save(connection, *batch) for batch in batches])
    with engine.connect() as connection:
        assert content(connection, "companies")["companies"] == expected["companies"]
        assert count(connection, "merge_candidates") == 20


# ------------------------------------------------------------------------------------------------------ campaigns
@pytest.mark.parametrize("in_one_batch", [True, False])
@pytest.mark.parametrize(
    ("own", "campaign"),
    [
        (("Pinterest", "pinterest.com"), ("Pinterest", "https://www.pinterestcareers.com/jobs")),
        (("Pinterest", "pinterest.com"), ("Pinterest Careers", "https://www.pinterestcareers.com")),
        (("Instacart", "instacart.com"), ("Instacart", "https://instacart.careers")),
        (("New Relic", "newrelic.com"), ("New Relic, Inc.", "https://trynewrelic.com/rubyconf")),
        (("Cookpad", "cookpad.jp"), ("Cookpad Inc.", "cookpad.jobs")),
    ],
)
def test_a_campaign_domain_leads_to_the_company(
    connection: Connection, own: tuple[str, str], campaign: tuple[str, str], in_one_batch: bool
) -> None:
    found = save(connection, campaign, own) if in_one_batch else save(connection, own) + save(connection, campaign)
    assert found[0] == found[1]
    assert [domain for domain, _ in companies(connection).values()] == [own[1]]
    assert pairs(connection) == []


@pytest.mark.parametrize(
    ("known", "mention"),
    [
        (None, ("dbt Labs", "getdbt.com")),
        (("dbt", "dbt.com"), ("dbt Labs", "getdbt.com")),
        (("Hackme", "hackme.com"), ("TryHackMe", "tryhackme.com")),
        (("Motion", None), ("Motion Pictures", "usemotion.com")),
        (("Pinterest", "another.org"), ("Pinterest Careers", "pinterestcareers.com")),
        (("Boreal", "pinterest.com"), ("Pinterest", "pinterestcareers.com")),
    ],
)
def test_a_domain_that_only_looks_like_a_campaign_is_the_companys_own(
    connection: Connection, known: tuple[str, str | None] | None, mention: tuple[str, str]
) -> None:
    before = save(connection, known) if known else []
    (found,) = save(connection, mention)
    assert found not in before
    assert companies(connection)[mention[0]][0] == mention[1]
    assert save(connection, mention) == [found]


def test_a_campaign_domain_that_identifies_a_company_already_goes_on_doing_so(connection: Connection) -> None:
    (first,) = save(connection, ("Pinterest", "pinterestcareers.com"))
    (second,) = save(connection, ("Pinterest", "pinterest.com"))
    assert save(connection, ("Pinterest", "pinterestcareers.com")) == [first]
    assert [(p["left_id"], p["right_id"], p["reason"]) for p in pairs(connection)] == [
        (first, second, "same_name_different_domain")
    ]


# ------------------------------------------------------------------------------------------------------ answers
def add_event(engine: Engine, website: str | None) -> int:
    with unit_of_work(engine) as connection:
        found: int = connection.execute(
            text(
                "insert into events (name, name_key, website_url, source_system) "
                "values ('AnvilConf', 'anvilconf', :website, 'test') returning id"
            ),
            {"website": website},
        ).scalar_one()
    return found


def test_an_answer_about_an_event_knows_the_events_website(engine: Engine) -> None:
    event = add_event(engine, "https://anvilconf.io")
    answer = [
        {"name": "Ajax", "website": "https://anvilconf.io/sponsors/ajax"},
        {"name": "Boreal", "website": "https://anvilconf.io/sponsors/boreal"},
        {"name": "Cobalt", "website": "https://anvilconf.io"},
        {"name": "Delta", "website": "https://delta.dev"},
    ]
    saved = save_companies(Runtime(engine), answer, Origin("test", "event"), limit=10, event_id=event)
    assert (len(saved.ids), saved.rejected) == (4, 0)
    with engine.connect() as connection:
        assert {name: domain for name, (domain, _) in companies(connection).items()} == {
            "Ajax": None,
            "Boreal": None,
            "Cobalt": None,
            "Delta": "delta.dev",
        }
        assert count(connection, "event_sponsors") == 4


def test_the_website_of_an_event(engine: Engine) -> None:
    event = add_event(engine, None)
    with engine.connect() as connection:
        assert find_website(connection, event) is None
        with pytest.raises(LookupError, match=f"no event {event + 1} is stored"):
            find_website(connection, event + 1)
