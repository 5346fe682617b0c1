"""Companies: who is on the list, in which order and as CSV, and what the page of one says."""

from __future__ import annotations

import csv
import io
import re

import httpx
import pytest
from sqlalchemy import Engine, text

pytestmark = pytest.mark.airflow


def names(page: str) -> list[str]:
    return re.findall(r'<td><a href="/prospecting/companies/\d+">([^<]*)</a>', page)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["=1+1", "Acme", "Ärzte Bund", "Globex", "Initech", "Zeta"]),
        ({"text": "aRZTe"}, ["Ärzte Bund"]),
        ({"text": "www.ACME.com"}, ["Acme"]),
        ({"text": "cme"}, []),
        ({"text": "%"}, []),
        ({"industry": "Software", "sort": "icp_score"}, ["Acme"]),
        ({"industry": "Software"}, ["=1+1", "Acme", "Ärzte Bund", "Globex"]),
        ({"country": "DE", "tier": "tier1"}, ["Globex"]),
        ({"country": "FR"}, []),
        ({"seat": "CEO-filled"}, ["Acme"]),
        ({"seat": "HR-filled", "people": "some"}, ["Globex"]),
        ({"people": "none", "since": "2021-01-01"}, ["=1+1", "Ärzte Bund", "Zeta"]),
        ({"icp_from": "4"}, ["Acme"]),
        ({"icp_to": "4", "sort": "icp_score"}, ["Zeta"]),
        ({"sort": "icp_score"}, ["Acme", "Zeta"]),
        ({"sort": "newest", "text": "i"}, ["Initech"]),
        ({"event": "event"}, ["Acme"]),
        ({"signal": "signal"}, ["Zeta"]),
    ],
    ids=str,
)  # fmt: skip
def test_filters_choose_and_orders_sort(
    viewer: httpx.Client, engine: Engine, world: dict[str, int], query: dict[str, str], expected: list[str]
) -> None:
    if "event" in query:
        query = {"event": str(world["event"])}
    if "signal" in query:
        with engine.connect() as connection:
            query = {"signal": str(connection.execute(text("select id from signals where name = 'Any'")).scalar_one())}
    answer = viewer.get("/companies", params={"country": "", "icp_from": "", **query})
    assert answer.status_code == 200, answer.text
    assert names(answer.text) == expected
    if not expected:
        assert "No company matches all of these filters" in answer.text
    rows = list(csv.reader(io.StringIO(viewer.get("/companies.csv", params=query).text.removeprefix("\ufeff"))))
    assert rows[0][:2] == ["Company id", "Name"]
    assert [row[1].removeprefix("'") for row in rows[1:]] == expected
    assert all(row[1] != "=1+1" for row in rows), "no spreadsheet takes a name for a formula"


@pytest.mark.parametrize("query", ["seat=CEO", "icp_from=11", "since=yesterday", "signal=1", "after=e30", "sort=x"])
def test_what_no_filter_can_mean_is_refused(viewer: httpx.Client, query: str) -> None:
    answer = viewer.get(f"/companies?{query}", headers={"Accept": "application/json"})
    assert answer.status_code == 400
    assert "filter" in answer.json()["detail"] or "list" in answer.json()["detail"]


def test_the_page_of_a_company_says_what_is_known_and_where_it_came_from(
    viewer: httpx.Client, engine: Engine, world: dict[str, int]
) -> None:
    page = viewer.get(f"/companies/{world['Acme']}").text
    for content in (
        "Jane Doe", "RubyConf 2025", "ICP score 9 of 10", "Modern technology stack", "5 engineering roles open",
        "Probability of a meeting or a deal: 42.0 %", "signal_execution, save_people [3], try 2", "Company briefing",
        "Messages sent", "of 100: ", "filled",
    ):  # fmt: skip
        assert content in page, content
    assert "/dags/signal_execution/runs/manual__1/tasks/save_people/mapped/3?try_number=2" in page
    with engine.begin() as connection:
        connection.execute(
            text("update companies set merged_into_id = :into where id = :id"),
            {"id": world["Zeta"], "into": world["Acme"]},
        )
    moved = viewer.get(f"/companies/{world['Zeta']}")
    assert (moved.status_code, moved.headers["location"]) == (301, f"/prospecting/companies/{world['Acme']}")
    assert "Zeta" not in names(viewer.get("/companies").text)
    assert viewer.get("/companies/999999").status_code == 404
