"""People: who is on the list and as CSV, and what the page of one says."""

from __future__ import annotations

import csv
import io
import re
import time

import httpx
import pytest
from sqlalchemy import Engine, text

from tests.clock import today
from tests.web.conftest import ApiServer

pytestmark = pytest.mark.airflow


def names(page: str) -> list[str]:
    return re.findall(r'<td><a href="/prospecting/people/\d+">([^<]*)</a>', page)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["Ada Lovelace", "Jane Doe", "John Roe", "@Zoë Quarx"]),
        ({"sort": "newest", "seniority": "C-Suite"}, ["Jane Doe"]),
        ({"text": "JANE d"}, ["Jane Doe"]),
        ({"text": "Jane@acme.com"}, ["Jane Doe"]),
        ({"text": "https://www.linkedin.com/in/jane-doe/"}, ["Jane Doe"]),
        ({"text": "doe"}, []),
        ({"title": "head of"}, ["John Roe"]),
        ({"title": "100%"}, []),
        ({"seat": "HR"}, ["John Roe"]),
        ({"seen_since": "today"}, ["Jane Doe"]),
        ({"country": "DE"}, ["John Roe"]),
        ({"company": "Acme"}, ["Jane Doe", "@Zoë Quarx"]),
    ],
    ids=str,
)
def test_filters_choose_and_csv_says_the_same(
    viewer: httpx.Client, world: dict[str, int], query: dict[str, str], expected: list[str]
) -> None:
    worked_out = {"company": str(world["Acme"]), "seen_since": today().isoformat()}
    query = {name: worked_out.get(name, value) for name, value in query.items()}
    page = viewer.get("/people", params={"seat": "", **query}).text
    assert names(page) == expected
    if "company" in query:
        assert "People of Acme" in page
    rows = list(csv.DictReader(io.StringIO(viewer.get("/people.csv", params=query).text.removeprefix("\ufeff"))))
    assert [row["Name"].removeprefix("'") for row in rows] == expected
    assert all(row["Name"] != "@Zoë Quarx" for row in rows), "no spreadsheet takes a name for a formula"
    by_name = {row["Name"]: row for row in rows}
    if "Jane Doe" in expected:
        assert (by_name["Jane Doe"]["E-mail"], by_name["Jane Doe"]["Seats"]) == ("jane@acme.com", "CEO")


def test_old_evidence_is_grey_and_says_so(viewer: httpx.Client, world: dict[str, int]) -> None:
    page = viewer.get("/people").text
    assert re.findall(r'<tr class="old">\s*<td><a[^>]*>([^<]*)', page) == ["John Roe"]
    assert "over a year ago" in page


def test_the_page_of_a_person_says_what_is_known_and_where_it_came_from(
    viewer: httpx.Client, engine: Engine, world: dict[str, int]
) -> None:
    page = viewer.get(f"/people/{world['Jane Doe']}").text
    for content in ("CEO", "Acme", "jane@acme.com", "their own", "active", "signal_execution, save_people [3], try 2"):
        assert content in page, content
    with engine.begin() as connection:
        merged = {"id": world["Zoë"], "into": world["Jane Doe"]}
        connection.execute(text("update persons set merged_into_id = :into where id = :id"), merged)
    moved = viewer.get(f"/people/{world['Zoë']}")
    assert (moved.status_code, moved.headers["location"]) == (301, f"/prospecting/people/{world['Jane Doe']}")
    assert viewer.get("/people/999999").status_code == 404


def test_no_log_says_whom_somebody_searched_for(viewer: httpx.Client, server: ApiServer, world: dict[str, int]) -> None:
    """Airflow's access log writes addresses with their queries."""
    assert names(viewer.get("/people?text=Jane+Doe").text) == ["Jane Doe"]
    assert viewer.get("/people.csv?text=Jane+Doe").status_code == 200
    deadline = time.monotonic() + 30  # the line is written once the answer is sent
    while "/prospecting/people.csv" not in (log := server.log.read_text()):
        assert time.monotonic() < deadline, "no access log at all"
        time.sleep(0.05)
    assert "Jane" not in log
