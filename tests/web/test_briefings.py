"""Briefings: which are on the list, and what the page of one says, now and before."""

from __future__ import annotations

import csv
import io
import re

import httpx
import pytest
from sqlalchemy import Engine

from prospecting.web.documents import Line, differences, rendered
from tests.db.briefing_rows import company, icp, person
from tests.db.factories import an_org, hours

pytestmark = pytest.mark.airflow

OLD = {"summary": "Sells anvils", "risks": ["debt", "age"], "empty": {}}
NEW = {"summary": "Sells <b>rockets</b>", "risks": ["age", "debt", "fire"], "empty": {}}


@pytest.fixture
def briefings(engine: Engine) -> dict[str, str]:
    """Ids by what they are called here."""
    with engine.begin() as connection:
        acme, globex = an_org(connection), an_org(connection, "globex")
        about = {"company_name": "Acme Inc", "client_company_name": "Initech"}
        company(connection, acme, researched_at=hours(1), **about, **{"raw_parallel_output": OLD})
        one = company(connection, acme, researched_at=hours(2), **about, **{"raw_parallel_output": NEW})
        two = company(connection, globex, "zeta.io", researched_at=hours(3))
        jane = person(
            connection, acme, person_linkedin_url="linkedin.com/in/jane-doe", person_current_company_name="Acme"
        )
        titles = icp(connection, globex, "acme.com", company_name="Acme")
        return {
            "acme": str(one["id"]), "zeta": str(two["id"]), "jane": str(jane["id"]), "titles": str(titles["id"]),
            "org": str(globex),
        }  # fmt: skip


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["zeta.io", "Acme Inc"]),
        ({"text": "ACME i"}, ["Acme Inc"]),
        ({"text": "www.acme.com"}, ["Acme Inc"]),
        ({"text": "inc"}, []),
        ({"client": "initech"}, ["Acme Inc"]),
        ({"org": "globex"}, ["zeta.io"]),
        ({"kind": "person", "text": "acme"}, ["Jane Doe"]),
        ({"kind": "person", "text": "linkedin.com/in/JANE-doe"}, ["Jane Doe"]),
        ({"kind": "person", "client": "initech"}, []),
        ({"kind": "icp_job_titles", "text": "acme.com"}, ["Acme"]),
    ],
    ids=str,
)
def test_filters_choose_and_csv_says_the_same(
    viewer: httpx.Client, briefings: dict[str, str], query: dict[str, str], expected: list[str]
) -> None:
    query = {name: briefings["org"] if name == "org" else value for name, value in query.items()}
    page = viewer.get("/briefings", params={"client": "", **query})
    assert page.status_code == 200, page.text
    assert re.findall(r'<td><a href="/prospecting/briefings/\w+/[\w-]+">([^<]*)</a>', page.text) == expected
    rows = list(csv.DictReader(io.StringIO(viewer.get("/briefings.csv", params=query).text.removeprefix("\ufeff"))))
    assert [row["About"] or row["Domain"] for row in rows] == expected


def test_a_briefing_is_readable_and_says_what_changed(viewer: httpx.Client, briefings: dict[str, str]) -> None:
    page = viewer.get(f"/briefings/company/{briefings['acme']}").text
    for content in (
        "Sells &lt;b&gt;rockets&lt;/b&gt;",
        "<li>fire</li>",
        "Initech",
        "Summary: Sells anvils",
        "As it came",
    ):
        assert content in page, content
    assert "There is no older research" in viewer.get(f"/briefings/person/{briefings['jane']}").text
    assert "what was found" in viewer.get(f"/briefings/icp_job_titles/{briefings['titles']}").text
    assert viewer.get(f"/briefings/company/{briefings['jane']}").status_code == 404
    assert viewer.get(f"/briefings/company/{briefings['acme']}?older=999").status_code == 200
    assert viewer.get("/briefings/nothing/1").status_code == 400


def test_differences_are_told_line_by_line() -> None:
    assert differences(OLD, NEW) == [
        Line("older", "Summary: Sells anvils"),
        Line("newer", "Summary: Sells <b>rockets</b>"),
        Line("newer", "Risks: age"),
        Line("kept", "Risks: debt"),
        Line("older", "Risks: age"),
        Line("newer", "Risks: fire"),
    ]
    assert differences(NEW, NEW) == []
    deep: object = "end"
    for _ in range(500):
        deep = {"in": deep}
    assert "end" in rendered(deep)
    assert [line.text for line in differences("a\nb", "a\nc") if line.change == "newer"] == [": c"]
