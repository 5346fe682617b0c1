"""Asking for briefings: filters, pages, and the single job titles read from them."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, text

from prospecting.persistence.briefing_queries import TooLarge
from prospecting.persistence.briefings import (
    query_company_intel_briefings,
    query_icp_job_titles,
    query_person_intel_briefings,
    query_title_counts,
)
from prospecting.persistence.pages import Page
from tests.db.briefing_rows import at, company, icp, person
from tests.db.factories import an_org, hours, stored, versions


@pytest.fixture
def acme(connection: Connection) -> UUID:
    return an_org(connection)


# ----------------------------------------------------------------------------------------------------------- queries
def domains(page: Page[dict[str, Any]]) -> list[str]:
    return [row["company_domain"] for row in page]


def test_rows_come_latest_created_first_and_only_those_of_the_org(connection: Connection, acme: UUID) -> None:
    globex = an_org(connection, "globex")
    for number in range(3):
        company(connection, acme, f"a{number}.com")
        company(connection, globex, f"g{number}.com")
        connection.execute(
            text("update company_intel_briefings set created_at = :at where company_domain like '_' || :n || '.com'"),
            {"at": hours(number), "n": str(number)},
        )
    found = query_company_intel_briefings(connection, org_id=acme)
    assert (domains(found), found.total) == (["a2.com", "a1.com", "a0.com"], 3)
    assert dict(found[0]) == next(
        row for row in stored(connection, "company_intel_briefings") if row["company_domain"] == "a2.com"
    )
    assert query_company_intel_briefings(connection, org_id=uuid4()) == []
    with pytest.raises(ValueError, match="org_id is not a UUID"):
        query_company_intel_briefings(connection, org_id="acme")


def test_companies_are_found_by_domain_and_client(connection: Connection, acme: UUID) -> None:
    for domain in ("acme.com", "globex.com"):
        for client in ("SecurityPal", "Initech", None):
            company(connection, acme, domain, client_company_name=client)

    def found(**filters: Any) -> tuple[int, int]:
        page = query_company_intel_briefings(connection, org_id=acme, **filters)
        return len(page), page.total

    assert found() == (6, 6)
    assert found(company_domain="https://www.ACME.com/about") == (3, 3)
    assert found(client_company_name=" SECURITYPAL") == (2, 2)
    assert found(company_domain="acme.com", client_company_name="Initech") == (1, 1)
    assert found(company_domain="", client_company_name=" \t") == (6, 6), "a blank filter is none"
    assert found(company_domain="n/a") == (0, 0), "a filter that is not a domain matches nothing"
    assert found(client_company_name="Nobody") == (0, 0)
    assert found(client_company_name="Security%") == (0, 0)


def test_persons_are_found_by_profile_company_and_client(connection: Connection, acme: UUID) -> None:
    person(connection, acme, "Jane Doe", person_linkedin_url="linkedin.com/in/jane", person_current_company_name="Acme")
    person(connection, acme, "John Roe", person_current_company_name="ACME ", client_company_name="Globex")

    def found(**filters: Any) -> list[str]:
        return sorted(
            row["person_full_name"] for row in query_person_intel_briefings(connection, org_id=acme, **filters)
        )

    assert found() == ["Jane Doe", "John Roe"]
    assert found(person_linkedin_url="https://uk.linkedin.com/in/Jane/?trk=x") == ["Jane Doe"]
    assert found(person_linkedin_url="linkedin.com/in/john") == []
    assert found(person_linkedin_url="linkedin.com/company/acme") == []
    assert found(person_linkedin_url=" ") == ["Jane Doe", "John Roe"]
    assert found(person_current_company_name="acme") == ["Jane Doe", "John Roe"]
    assert found(person_current_company_name="acme", client_company_name="globex") == ["John Roe"]


def test_job_titles_are_found_by_domain(connection: Connection, acme: UUID) -> None:
    for domain in ("acme.com", "globex.com"):
        icp(connection, acme, domain)
    assert domains(query_icp_job_titles(connection, org_id=str(acme), company_domain="www.acme.com")) == ["acme.com"]
    assert query_icp_job_titles(connection, org_id=acme).total == 2


def test_rows_that_are_too_large_together_are_refused(connection: Connection, acme: UUID) -> None:
    for number in range(5):
        research = {"raw_parallel_output": {"summary": f"{number}" * 1_000}}  # compresses well, and counts as it is
        icp(connection, acme, f"company{number}.com", **research)
        company(connection, acme, f"company{number}.com", **research)
        person(connection, acme, f"Jane {number}", **research)
    size = len('{"summary": ""}') + 1_000

    for query in (query_icp_job_titles, query_company_intel_briefings, query_person_intel_briefings):
        with pytest.raises(TooLarge, match=r"ask for 3 at once.*by offset"):
            query(connection, org_id=acme, max_bytes=4 * size - 1)
        found = query(connection, org_id=acme, limit=3, offset=1, max_bytes=3 * size)
        assert (len(found), found.total) == (3, 5)
        assert len(query(connection, org_id=acme, limit=1, max_bytes=1)) == 1, "one can always be had"
        assert len(query(connection, org_id=acme)) == 5


def test_pages_are_stable_and_count_all(connection: Connection, acme: UUID) -> None:
    for number in range(23):
        icp(connection, acme, f"company{number}.com")  # all created at the same moment
    seen = []
    for offset in range(0, 30, 5):
        page = query_icp_job_titles(connection, org_id=acme, limit=5, offset=offset)
        assert page.total == 23
        seen += domains(page)
        icp(connection, acme, f"company{offset}.com", **at(offset))  # what is refreshed meanwhile does not move
    assert len(seen) == len(set(seen)) == 23


@pytest.mark.parametrize(
    ("limit", "offset", "rows"),
    [(None, None, 100), (0, 0, 1), (-5, -5, 1), (1000, 0, 1000), (100_000, 0, 1000), (10, 1095, 5), (10, 5000, 0)],
)
def test_limits_are_kept_within_bounds(
    connection: Connection, acme: UUID, limit: int | None, offset: int | None, rows: int
) -> None:
    connection.execute(
        text(
            "insert into icp_job_titles (org_id, company_domain, raw_parallel_output) "
            "select :org, n || '.com', '{\"a\": 1}' from generate_series(1, 1100) as n"
        ),
        {"org": acme},
    )
    page = query_icp_job_titles(connection, org_id=acme, limit=limit, offset=offset)
    assert (len(page), page.total) == (rows, 1100)


# ----------------------------------------------------------------------------------------------------- single titles
def titles(connection: Connection) -> list[tuple[Any, ...]]:
    columns = "company_domain, company_name, title, buyer_role, reasoning"
    return [tuple(row.values()) for row in stored(connection, "extracted_icp_job_title_details", columns, "1, 3")]


def test_single_titles_follow_the_newest_research(connection: Connection, acme: UUID) -> None:
    first = {
        "titles": [
            {"title": "CISO", "buyerRole": "decision_maker", "reasoning": "signs"},
            {"title": "CTO"},
            {"title": "VP"},
        ]
    }
    icp(connection, acme, raw_parallel_output=first, researched_at=hours(2), company_name="Acme")
    assert titles(connection) == [
        ("acme.com", "Acme", "CISO", "decision_maker", "signs"),
        ("acme.com", "Acme", "CTO", None, None),
        ("acme.com", "Acme", "VP", None, None),
    ]
    ids = {row["title"]: row["id"] for row in stored(connection, "extracted_icp_job_title_details")}
    unchanged = versions(connection)["extracted_icp_job_title_details"]

    second = {
        "titles": [
            {"title": "Head of IT"},
            {"title": "ciso", "buyerRole": "champion"},
            {"title": "CTO"},
            {"title": "Ciso"},
        ]
    }
    row = icp(connection, acme, raw_parallel_output=second, researched_at=hours(3))
    assert row["extracted_titles"] == ["Head of IT", "ciso", "CTO"]
    assert titles(connection) == [
        ("acme.com", "Acme", "CTO", None, None),
        ("acme.com", "Acme", "Head of IT", None, None),
        ("acme.com", "Acme", "ciso", "champion", None),
    ]
    after = {row["title"]: row["id"] for row in stored(connection, "extracted_icp_job_title_details")}
    assert (after["CTO"], after["ciso"]) == (ids["CTO"], ids["CISO"])
    assert len(unchanged & versions(connection)["extracted_icp_job_title_details"]) == 1, "CTO is left alone"

    expected = titles(connection)
    icp(connection, acme, raw_parallel_output=first, researched_at=hours(1))
    assert titles(connection) == expected
    icp(connection, acme, raw_parallel_output={"text": "nothing"}, researched_at=hours(4))
    assert titles(connection) == []
    assert icp(connection, acme)["extracted_titles"] == []


def test_older_research_that_names_the_company_names_it_for_its_titles_too(connection: Connection, acme: UUID) -> None:
    raw = {"titles": [{"title": "CISO"}]}
    icp(connection, acme, raw_parallel_output=raw, researched_at=hours(2))
    icp(connection, acme, raw_parallel_output={"titles": []}, researched_at=hours(1), company_name="Acme")
    assert titles(connection) == [("acme.com", "Acme", "CISO", None, None)]


def test_titles_go_with_their_briefing(connection: Connection, acme: UUID) -> None:
    icp(connection, acme, raw_parallel_output={"titles": ["CISO"]})
    connection.execute(text("delete from icp_job_titles"))
    assert titles(connection) == []


def test_titles_are_counted_over_the_companies_of_an_org(connection: Connection, acme: UUID) -> None:
    research = {
        "a.com": [("CISO", "decision_maker"), ("CTO", None)],
        "b.com": [("CISO", "champion"), ("Cto", "evaluator")],
        "c.com": [("ciso", "decision_maker")],
    }
    for domain, named in research.items():
        raw = {"titles": [{"title": title, "buyerRole": role} for title, role in named]}
        icp(connection, acme, domain, raw_parallel_output=raw)
    icp(connection, an_org(connection, "globex"), "a.com", raw_parallel_output={"titles": ["CISO"]})
    ciso, cto = query_title_counts(connection, org_id=acme)
    assert (ciso.title, ciso.title_normalized, ciso.companies) == ("CISO", "ciso", 3)
    assert (ciso.decision_maker, ciso.champion, ciso.evaluator, ciso.unknown) == (2, 1, 0, 0)
    assert (cto.title_normalized, cto.companies, cto.evaluator, cto.unknown) == ("cto", 2, 1, 1)
    (only,) = query_title_counts(connection, org_id=acme, domains=["https://www.C.com/", "n/a"])
    assert (only.title, only.companies) == ("ciso", 1)
    assert query_title_counts(connection, org_id=acme, domains=[]) == []
