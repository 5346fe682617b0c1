"""Companies as accounts: found or created once, changed by what is given, and searched for."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from sqlalchemy import Connection, Engine, text

from prospecting.persistence.companies import (
    Company,
    CompanyRow,
    create_company,
    get_company_by_domain,
    get_company_by_id,
    list_companies,
    search_companies,
    update_company,
    upsert_companies,
)
from prospecting.persistence.company_profiles import size_of
from prospecting.persistence.database import clean_text
from tests.clock import from_now
from tests.db.factories import NASTY_TEXTS, at_once, count, ids, stored, versions, wait_for_blocked

ACME: dict[str, Any] = {
    "name": "Acme Medical Group",
    "domain": "acmemedical.com",
    "industry": "Healthcare",
    "size": "medium",
    "description": "Clinics",
    "headquarters_location": "Boston",
    "country": "US",
    "research_data": {"pain_points": ["billing"], "employee_count": 300},
    "account_tier": "tier1",
    "account_status": "engaged",
    "last_researched_at": datetime(2026, 1, 2, tzinfo=UTC),
}


def names(companies: list[Company]) -> list[str]:
    return [company.name for company in companies]


def add(connection: Connection, *named: str) -> list[int]:
    return ids(upsert_companies(connection, [CompanyRow(name) for name in named], source_system="test").saved)


def test_a_company_is_created_with_what_is_given(connection: Connection) -> None:
    made = create_company(connection, ACME)
    assert {name: getattr(made, name) for name in ACME} == ACME
    assert (made.total_contacts, made.active_conversations) == (0, 0)
    assert made.company_unique_id == stored(connection, "companies")[0]["company_unique_id"]
    assert get_company_by_id(connection, made.id) == made
    with pytest.raises(ValidationError, match="frozen"):
        made.name = "Other"
    least = create_company(connection, {"name": "Globex"})
    assert (least.domain, least.size, least.research_data, least.account_status) == (None, None, {}, "prospecting")
    assert [row["source_system"] for row in stored(connection, "companies")] == ["manual", "manual"]


@pytest.mark.parametrize(
    "again",
    [
        {"name": "Acme Medical Group", "domain": "ACMEMEDICAL.COM"},
        {"name": "ACME Medical Group, Inc.", "domain": "https://www.AcmeMedical.com/about?x=1"},
        {"name": "Quite Another Name", "domain": "acmemedical.com"},
        {"name": "acme medical group"},
    ],
)
def test_a_known_company_is_found_in_any_spelling(connection: Connection, again: dict[str, Any]) -> None:
    made = create_company(connection, ACME)
    before = versions(connection)
    assert create_company(connection, again) == made
    # Running it twice changes nothing either.
    assert create_company(connection, {**ACME, **again}) == made
    assert versions(connection) == before


def test_what_is_unknown_of_a_known_company_is_filled_in_and_nothing_overwritten(connection: Connection) -> None:
    (known,) = add(connection, "Acme Medical Group")
    made = create_company(connection, ACME)
    assert made.id == known
    assert {name: getattr(made, name) for name in ACME} == ACME
    other = {
        **dict.fromkeys(("industry", "description", "headquarters_location", "country"), "other"),
        "size": "large",
        "account_tier": "tier3",
        "account_status": "churned",
        "research_data": {"pain_points": ["none"], "tech_stack": ["Rails"]},
    }
    again = create_company(connection, {**ACME, **other})
    news = {"research_data": {**ACME["research_data"], "tech_stack": ["Rails"]}}
    assert {name: getattr(again, name) for name in ACME} == {**ACME, **news}
    assert again.updated_at >= made.updated_at


def test_a_company_merged_into_another_leads_there(connection: Connection) -> None:
    gone, kept = (
        create_company(connection, ACME),
        create_company(connection, {"name": "Globex", "domain": "globex.com"}),
    )
    connection.execute(
        text("update companies set merged_into_id = :kept where id = :gone"), {"kept": kept.id, "gone": gone.id}
    )
    for found in (
        get_company_by_id(connection, gone.id),
        get_company_by_domain(connection, "acmemedical.com"),
        create_company(connection, {"name": "Acme Medical Group", "domain": "acmemedical.com"}),
        update_company(connection, gone.id, {"country": "DE"}),
    ):
        assert found is not None
        assert found.id == kept.id
    assert names(list_companies(connection)) == ["Globex"]
    assert search_companies(connection, "Acme") == []


SPELLINGS = {
    "acmemedical.com": True,
    "ACMEMEDICAL.COM": True,
    " https://www.AcmeMedical.com:443/about?utm_source=x ": True,
    "careers.acmemedical.com": True,
    "acmemedical.org": False,
    "https://www.linkedin.com/company/acmemedical": False,
    "info@acmemedical.com": False,
    "": False,
}


def test_a_company_is_found_by_any_address_of_its_website(connection: Connection) -> None:
    made = create_company(connection, ACME)
    for spelling, is_found in SPELLINGS.items():
        assert get_company_by_domain(connection, spelling) == (made if is_found else None), spelling


def test_a_campaigns_domain_leads_to_the_company(connection: Connection) -> None:
    acme, campaign = CompanyRow("Acme", "acme.com"), CompanyRow("Acme Careers", "acmecareers.com")
    (made, _) = ids(upsert_companies(connection, [acme, campaign], source_system="test").saved)
    for found in (
        get_company_by_domain(connection, "acmecareers.com"),
        create_company(connection, {"name": "Acme Hiring", "domain": "acmecareers.com"}),
    ):
        assert found is not None
        assert (found.id, found.domain) == (made, "acme.com")


def test_who_is_not_there_is_none(connection: Connection) -> None:
    assert get_company_by_id(connection, 1) is None
    assert get_company_by_domain(connection, "acme.com") is None


SIZES = {
    "1-10": "small",
    "11-50 employees": "small",
    "50+": "medium",
    "51-200": "medium",
    "201-500": "medium",
    "over 500": "large",
    "1,001-5,000": "large",
    "5,001-10,000": "enterprise",
    "10001+": "enterprise",
    "120": "medium",
    "many": None,
    None: None,
}


def test_a_size_nobody_set_is_read_from_the_number_of_employees(connection: Connection) -> None:
    assert {employees: size_of(employees) for employees in SIZES} == SIZES
    row = CompanyRow("Acme", employee_range="11-50")
    (acme,) = ids(upsert_companies(connection, [row], source_system="test").saved)
    found = get_company_by_id(connection, acme)
    assert found is not None
    assert found.size == "small"
    assert update_company(connection, acme, {"size": "large"}).size == "large"
    assert found.kind is None
    assert update_company(connection, acme, {"kind": "government"}).kind == "government"
    assert update_company(connection, acme, {"kind": None}).kind is None


# ---------------------------------------------------------------------------------------------------------- updating
def test_an_update_changes_what_is_given(connection: Connection) -> None:
    made = create_company(connection, ACME)
    changes = {
        "name": "Acme Health",
        "domain": "www.acmehealth.com",
        "industry": "Health",
        "research_data": {"news": []},
        "account_tier": None,
        "description": " ",
        "account_status": "customer",
    }
    changed = update_company(connection, made.id, changes)
    wanted = {**ACME, **changes, "domain": "acmehealth.com", "description": None}
    assert {name: getattr(changed, name) for name in ACME} == wanted
    assert get_company_by_domain(connection, "acmehealth.com") == changed
    assert get_company_by_domain(connection, "acmemedical.com") is None
    assert ids(upsert_companies(connection, [CompanyRow("Acme Health Inc.")], source_system="test").saved) == [made.id]
    before = versions(connection)
    assert update_company(connection, made.id, changes) == changed
    assert update_company(connection, made.id, {}) == changed
    assert versions(connection) == before


UNUSABLE: list[tuple[dict[str, Any], str]] = [
    ({"size": "huge"}, "size"),
    ({"kind": "club"}, "kind"),
    ({"account_tier": "tier4"}, "account_tier"),
    ({"account_tier": "Tier1"}, "account_tier"),
    ({"account_status": "secret"}, "account_status"),
    ({"account_status": None}, "account_status"),
    ({"research_data": ["secret"]}, "research_data"),
    ({"research_data": None}, "research_data"),
    ({"research_data": json.loads('{"a":' * 900 + "1" + "}" * 900)}, "nested too deeply"),
    ({"total_contacts": 7}, "total_contacts"),
    ({"active_conversations": 7}, "active_conversations"),
    ({"id": 7}, "id"),
    ({"website": "secret"}, "website"),
    ({"name": " "}, "name"),
    ({"name": "n/a"}, "name"),
    ({"name": None}, "name"),
    ({"domain": "secret"}, "domain"),
    ({"domain": "secret@gmail.com"}, "domain"),
    ({"domain": "https://www.linkedin.com/company/secret"}, "domain"),
    ({"last_researched_at": timedelta(hours=1)}, "lies in the future"),
    ({"last_researched_at": "2026-01-01T00:00:00"}, "no time zone"),
]


def test_unusable_values_are_refused_and_not_repeated(connection: Connection) -> None:
    made = create_company(connection, ACME)
    before = versions(connection)
    for values, named in UNUSABLE:
        fields = from_now(values)
        with pytest.raises(ValueError, match=named) as created:
            create_company(connection, {**ACME, **fields})
        with pytest.raises(ValueError, match=named) as updated:
            update_company(connection, made.id, fields)
        assert "secret" not in f"{created.value} {updated.value}", fields
    assert versions(connection) == before


def test_times_may_be_ahead_by_as_much_as_clocks_differ(connection: Connection) -> None:
    soon = datetime.now(UTC) + timedelta(minutes=5)
    assert create_company(connection, {"name": "Acme", "last_researched_at": soon}).last_researched_at == soon


def test_what_is_another_companys_is_refused(connection: Connection) -> None:
    acme, globex = create_company(connection, ACME), create_company(connection, {"name": "Globex"})
    (initech,) = add(connection, "Initech")
    with pytest.raises(ValueError, match=f"Company {acme.id} has this name or domain already"):
        update_company(connection, globex.id, {"domain": "ACMEMEDICAL.com"})
    with pytest.raises(ValueError, match=f"Company {initech} has this name or domain already"):
        update_company(connection, globex.id, {"name": "Initech GmbH"})
    with pytest.raises(ValueError, match="keeps its domain"):
        update_company(connection, acme.id, {"domain": None})
    # Two companies of one name with domains of their own may be.
    assert update_company(connection, acme.id, {"name": "Globex"}).name == "Globex"
    with pytest.raises(LookupError, match="No company 99: it was deleted"):
        update_company(connection, 99, {"country": "DE"})
    with pytest.raises(ValueError, match="not that of the company's own website"):
        create_company(connection, {"name": "Hooli", "domain": "crunchbase.com"})
    assert count(connection, "companies") == 3


def test_two_at_once_create_one_company(engine: Engine) -> None:
    spellings = ["acme.com", "https://www.ACME.com", "Acme.com/about"]
    made = at_once(
        engine,
        [
            lambda connection, number=number: (
                create_company(
                    connection, {"name": ("Acme", "Ácme, Inc.", "Hooli")[number % 3], "domain": spellings[number % 3]}
                ).id
            )
            for number in range(6)
        ],
    )
    assert len(set(made)) == 1
    with engine.begin() as connection:
        assert count(connection, "companies") == 1


def test_who_meets_the_domain_under_another_name_takes_that_company(engine: Engine) -> None:
    """Another transaction gives the domain to a company of an unlike name, after this one has looked for it."""
    with engine.connect() as connection, ThreadPoolExecutor(1) as pool:
        hooli = create_company(connection, {"name": "Hooli", "domain": "acme.com"})

        def create() -> Company:
            with engine.begin() as other:
                return create_company(other, {"name": "Globex", "domain": "acme.com", "country": "US"})

        waiting = pool.submit(create)
        with engine.connect() as watching:
            wait_for_blocked(watching, 1)
        connection.commit()
        found = waiting.result(timeout=60)
        assert (found.id, found.name, found.country) == (hooli.id, "Hooli", "US")
        assert count(connection, "companies") == 1


# ----------------------------------------------------------------------------------------------- listing, searching
def test_companies_are_listed_by_tier_and_status(connection: Connection) -> None:
    for name, tier, status in (
        ("A", "tier1", "customer"),
        ("B", "tier1", "prospecting"),
        ("C", "tier2", "customer"),
        ("D", None, "prospecting"),
    ):
        create_company(connection, {"name": f"Company {name}", "account_tier": tier, "account_status": status})
    listed = {
        (tier, status): "".join(name[-1] for name in names(list_companies(connection, tier, status)))
        for tier in (None, "tier1", "strategic")
        for status in (None, "customer")
    }
    assert listed == {
        (None, None): "ABCD",
        (None, "customer"): "AC",
        ("tier1", None): "AB",
        ("tier1", "customer"): "A",
        ("strategic", None): "",
        ("strategic", "customer"): "",
    }
    assert names(list_companies(connection, limit=2)) == ["Company A", "Company B"]
    with pytest.raises(ValueError, match="account_tier"):
        list_companies(connection, "secret")


def test_a_limit_out_of_range_is_refused(connection: Connection) -> None:
    limits: tuple[Any, ...] = (0, -1, 1001, "5", True, None)
    for limit in limits:
        with pytest.raises(ValueError, match="limit is not a whole number from 1 to 1000"):
            list_companies(connection, limit=limit)
        with pytest.raises(ValueError, match="limit is not a whole number from 1 to 1000"):
            search_companies(connection, "a", limit)


def test_who_is_called_just_so_comes_first(connection: Connection) -> None:
    add(connection, "The Zenith Works", "Azenith", "Zenith Labs", "Zenith", "Zen-Zenith", "Umbrella")
    create_company(connection, {"name": "Quest", "domain": "my-zenith.com"})
    found = names(search_companies(connection, "zenith"))
    assert found == ["Zenith", "Zenith Labs", "Quest", "The Zenith Works", "Zen-Zenith", "Azenith"]
    assert names(search_companies(connection, "ZENITH", 2)) == found[:2]


SEARCHES = [
    ("Acme, Inc.", ["Acme"]),
    ("ÁCME GmbH", ["Acme"]),
    ("a%b", ["a%b Software"]),
    ("%", ["50% (off)", "a%b Software"]),
    ("a_b", ["a_b Data"]),
    ("\\", ["back\\slash"]),
    ("50% (off)", ["50% (off)"]),
    ("https://www.globex.com/jobs", ["Globex"]),
    ("globex.c", ["Globex"]),
    ("'; drop table companies; --", []),
    ("ac.*", []),
    ("a\x00b", []),
    ("\ud800", []),
]


def test_a_term_is_taken_literally(connection: Connection) -> None:
    add(connection, "Acme", "a%b Software", "a_b Data", "axb", "back\\slash", "50% (off)")
    create_company(connection, {"name": "Globex", "domain": "globex.com"})
    for term, found in SEARCHES:
        assert names(search_companies(connection, term)) == found, term
    terms: tuple[Any, ...] = ("", "  ", "x" * 501, None)
    for term in terms:
        with pytest.raises(ValueError, match="The term to search for is empty, or longer than 500 characters"):
            search_companies(connection, term)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.text(min_size=1, max_size=12),
        st.text(alphabet="aA%_\\.*+?()[]{}|^$-& \n:", min_size=1, max_size=8),
        st.sampled_from([given for given in NASTY_TEXTS.values() if len(given) < 500]),
    ).filter(lambda term: clean_text(term).strip())
)
def test_any_term_finds_the_names_it_is_a_part_of(connection: Connection, term: str) -> None:
    part = clean_text(term).strip()
    named = [part, f"{part} Works", f"Corner {part} Works", f"x{part}x", "Something"]
    savepoint = connection.begin_nested()
    connection.execute(
        text("insert into companies (name, name_key, source_system) values (:name, :name_key, 'test')"),
        [{"name": name, "name_key": f"key {number}"} for number, name in enumerate(named)],
    )
    found = names(search_companies(connection, term, 1000))
    savepoint.rollback()
    assert found[:1] == named[:1]
    assert set(named[:4]) <= set(found)
    assert ("Something" in found) == (part.lower() in "something")
