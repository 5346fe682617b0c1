"""Domains and whose they are: websites not the company's own, names that share a domain, campaigns."""

from __future__ import annotations

from itertools import permutations
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


def merge(connection: Connection, loser: int, winner: int) -> None:
    connection.execute(
        text("update companies set merged_into_id = :winner where id = :loser"), {"winner": winner, "loser": loser}
    )


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
CAMPAIGNS = [
    (("Pinterest", "pinterest.com"), ("Pinterest", "https://www.pinterestcareers.com/jobs")),
    (("Pinterest", "pinterest.com"), ("Pinterest Careers", "https://www.pinterestcareers.com")),
    (("Instacart", "instacart.com"), ("Instacart", "https://instacart.careers")),
    (("New Relic", "newrelic.com"), ("New Relic, Inc.", "https://trynewrelic.com/rubyconf")),
    (("Cookpad", "cookpad.jp"), ("Cookpad Inc.", "cookpad.jobs")),
    (("Acme Tools", "acme-tools.com"), ("Acme Tools Jobs", "acme-tools.jobs")),
    (("International Business Machines", "ibm.com"), ("International Business Machines Careers", "ibmcareers.com")),
]


def in_any_way(connection: Connection, one: tuple[str, str], other: tuple[str, str], way: str) -> list[int]:
    """Save two mentions in one answer or in two. Returns the ids of ``one`` and ``other``."""
    rows = [one, other] if way.startswith("first") else [other, one]
    found = save(connection, *rows) if way.endswith("answer") else [save(connection, row)[0] for row in rows]
    return found if way.startswith("first") else found[::-1]


WAYS = ("first", "last", "first in one answer", "last in one answer")


def described(connection: Connection) -> list[tuple[object, ...]]:
    """Companies and campaign domains, without ids."""
    return [
        tuple(row)
        for query in (
            "select name_key, domain, website_url from companies order by domain",
            "select d.domain, d.stem, d.name_key, c.domain from campaign_domains as d "
            "join companies as c on c.id = d.company_id order by d.domain",
        )
        for row in connection.execute(text(query))
    ]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("own", "campaign"), CAMPAIGNS, ids=[campaign[1] for _, campaign in CAMPAIGNS])
def test_a_campaign_domain_leads_to_the_company_whichever_comes_first(
    connection: Connection, own: tuple[str, str], campaign: tuple[str, str], way: str
) -> None:
    found = set(in_any_way(connection, own, campaign, way))
    assert len(found) == 1
    website = f"https://{own[1]}"
    (company, (domain, stem, _, leads_to)) = described(connection)
    assert company[1:] == (own[1], website)
    assert (domain, leads_to) == (campaign[1].removeprefix("https://").removeprefix("www.").partition("/")[0], own[1])
    assert stem == own[1].partition(".")[0].replace("-", "")
    assert pairs(connection) == []
    before = versions(connection)
    again = [own, campaign, (own[0], None), (f"{own[0]} Cloud", campaign[1])]
    if campaign[0].endswith(("Careers", "Jobs")):
        again.append((campaign[0], None))
    for mention in again:
        assert save(connection, mention) == list(found), mention
    assert set(save(connection, *again)) == found
    assert versions(connection) == before


def test_a_company_known_by_a_campaign_takes_over_who_it_is_and_keeps_what_else_is_known(
    connection: Connection,
) -> None:
    (known,) = save(connection, ("Pinterest Careers", "pinterestcareers.com"))
    connection.execute(
        text("update companies set description = 'd', linkedin_url = 'https://www.linkedin.com/company/p'")
    )
    slot = connection.execute(text("select company_unique_id from companies")).scalar_one()
    assert save(connection, ("Pinterest", "https://www.pinterest.com/")) == [known]
    (row,) = stored(connection, "companies")
    assert (row["name"], row["name_key"], row["domain"]) == ("Pinterest", "pinterest", "pinterest.com")
    assert row["website_url"].startswith("https://www.pinterest.com")
    assert (row["description"], row["linkedin_url"]) == ("d", "https://www.linkedin.com/company/p")
    assert row["company_unique_id"] == slot, "seats, sponsorships and accounts go on meaning it"


def test_several_campaign_domains_and_the_own_one_are_one_company_in_any_order(connection: Connection) -> None:
    mentions = [
        ("Pinterest", "pinterest.com"),
        ("Pinterest", "pinterestcareers.com"),
        ("Pinterest Jobs", "pinterest.jobs"),
        ("Pinterest", "lifeatpinterest.com"),
    ]
    expected = None
    for order in permutations(mentions):
        for batches in ([[mention] for mention in order], [order], [order[:2], order[2:]]):
            with connection.begin_nested() as savepoint:
                found = {company for batch in batches for company in save(connection, *batch)}
                assert len(found) == 1, order
                assert count(connection, "merge_candidates") == 0
                expected = expected or described(connection)
                assert described(connection) == expected, order
                savepoint.rollback()


@pytest.mark.parametrize("way", WAYS)
def test_a_word_that_many_put_beside_their_only_domain_leads_nowhere(connection: Connection, way: str) -> None:
    for word in ("get", "use", "try", "join", "go", "with", "hello", "meet"):
        campaigns = (f"{word}harvest.com", "harvesthq.com", "harvestnow.com", "harvestapp.com")
        for campaign in campaigns if word == "get" else campaigns[:1]:
            with connection.begin_nested() as savepoint:
                own, other = in_any_way(connection, ("Harvest", "harvest.com"), ("Harvest, Inc.", campaign), way)
                assert own != other, campaign
                assert {domain for domain, _ in companies(connection).values()} == {"harvest.com", campaign}
                assert [pair["reason"] for pair in pairs(connection)] == ["same_name_different_domain"]
                assert save(connection, ("Harvest", campaign), ("Harvest", "harvest.com")) == [other, own]
                savepoint.rollback()


@pytest.mark.parametrize("way", WAYS)
def test_of_two_own_domains_the_first_named_is_where_a_campaign_leads(connection: Connection, way: str) -> None:
    campaign, (first, second) = (
        ("Pinterest", "pinterestcareers.com"),
        (("Pinterest", "pinterest.de"), ("Pinterest", "pinterest.com")),
    )
    batches = {
        "first": [[campaign], [first, second]],
        "last": [[first, second], [campaign]],
        "first in one answer": [[campaign, first, second]],
        "last in one answer": [[first, second, campaign]],
    }[way]
    for batch in batches:
        save(connection, *batch)
    found = save(connection, first, second, campaign)
    assert found[0] == found[2] != found[1]
    assert [pair["reason"] for pair in pairs(connection)] == ["same_name_different_domain"]
    assert described(connection)[-1] == ("pinterestcareers.com", "pinterest", "pinterest", "pinterest.de")


def test_two_companies_of_the_past_stay_two(connection: Connection) -> None:
    """Both domains were companies before anybody knew that one is a campaign of the other."""
    campaign, own = connection.execute(
        text(
            "insert into companies (name, name_key, domain, source_system) values "
            "('Pinterest', 'pinterest', 'pinterestcareers.com', 'test'), "
            "('Pinterest', 'pinterest', 'pinterest.com', 'test') returning id"
        )
    ).scalars()
    for _ in range(2):
        assert save(connection, ("Pinterest", "pinterestcareers.com")) == [campaign]
        assert save(connection, ("Pinterest", "pinterest.com")) == [own]
        (other,) = save(connection, ("Pinterest", "pinterest.de"))
        assert other not in (campaign, own), "whose it is, nobody can tell"
    assert {row["domain"] for row in stored(connection, "companies")} == {
        *("pinterest.com", "pinterest.de", "pinterestcareers.com")
    }


def test_a_merged_company_takes_no_domain_and_its_campaign_leads_to_the_other(connection: Connection) -> None:
    pinterest, acme = save(connection, ("Pinterest", "pinterestcareers.com"), ("Acme", "acme.com"))
    merge(connection, pinterest, acme)
    (own,) = save(connection, ("Pinterest", "pinterest.com"))
    assert own not in (pinterest, acme)
    assert save(connection, ("Pinterest", "pinterestcareers.com")) == [acme]


def test_the_campaign_of_a_company_merged_later_leads_to_the_other(connection: Connection) -> None:
    pinterest, acme = save(connection, ("Pinterest", "pinterestcareers.com"), ("Acme", "acme.com"))
    assert save(connection, ("Pinterest", "pinterest.com")) == [pinterest]
    merge(connection, pinterest, acme)
    before = versions(connection)
    mentions = [("Pinterest", "pinterestcareers.com"), ("Anything", "pinterestcareers.com"), ("Pinterest Jobs", None)]
    assert [save(connection, mention)[0] for mention in mentions] == [acme] * 3
    assert save(connection, ("Ajax", "pinterestcareers.com"), ("Boreal", "pinterestcareers.com")) == [acme] * 2
    assert versions(connection) == before


def test_an_unlike_name_on_a_campaign_domain_is_another_company_on_record(connection: Connection) -> None:
    save(connection, ("Pinterest", "pinterestcareers.com"))
    (pinterest,) = save(connection, ("Pinterest", "pinterest.com"))
    (boreal,) = save(connection, ("Boreal", "pinterestcareers.com"))
    assert companies(connection)["Boreal"] == (None, None)
    assert [(p["left_id"], p["right_id"], p["reason"]) for p in pairs(connection)] == [
        (pinterest, boreal, "shared_domain")
    ]


@pytest.mark.parametrize("way", WAYS)
def test_a_namesake_that_waits_for_its_domain_is_on_record(connection: Connection, way: str) -> None:
    careers, named = in_any_way(connection, ("Pinterest Careers", "pinterestcareers.com"), ("Pinterest", None), way)
    assert careers != named
    assert save(connection, ("Pinterest", "pinterest.com")) == [named]
    assert [(p["reason"], p["evidence"]["domain"]) for p in pairs(connection)] == [
        ("campaign_domain", "pinterestcareers.com")
    ]


def test_a_campaign_and_the_own_domain_at_once(engine: Engine) -> None:
    names = [f"Pin{letter}" for letter in "abcdefghij"]
    own = [(name, f"{name}.com") for name in names]
    campaigns = [(f"{name} Careers", f"{name}careers.com") for name in names]
    others = [(f"{name} Jobs", f"{name}.jobs") for name in names]
    for _ in range(3):
        with unit_of_work(engine) as connection:
            connection.execute(text("truncate companies, merge_candidates restart identity cascade"))
        at_once(
            engine,
            [
                lambda connection, batch=batch: save(connection, *batch)
                for batch in (own, campaigns[::-1], own[::-1], others, campaigns)
            ],
        )
        with engine.connect() as connection:
            assert sorted(row["domain"] for row in stored(connection, "companies")) == [
                f"{n.lower()}.com" for n in names
            ]
            assert {row["name_key"] for row in stored(connection, "companies")} == {name.lower() for name in names}
            assert count(connection, "campaign_domains") == 2 * len(names)
            assert count(connection, "merge_candidates") == 0


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
