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


def test_values_lead_to_the_answer_that_they_came_from(
    viewer: httpx.Client, engine: Engine, world: dict[str, int]
) -> None:
    acme, event = world["Acme"], world["event"]
    asked = (
        "insert into agent_calls (scope, agent, provider, request_key, request, status, response, started_at) values "
        "(:scope, 'people', 'live', :scope, '{\"company_name\": \"Acme\"}', 'succeeded', '{}', :day) returning id"
    )
    with engine.begin() as connection:
        calls = [
            connection.execute(text(asked), {"scope": scope, "day": f"2027-03-{day} 12:00+00"}).scalar_one()
            for day, scope in ((15, "its people"), (16, "its sponsors"), (17, "slot_backfill:manual__1"))
        ]
        for number, source in enumerate((f"company {acme}", f"event {event}")):
            connection.execute(
                text(
                    "insert into execution_questions (execution_id, source, stage, position, status, answer_id) "
                    "select id, :source, 'find_people', 1, 'saved', :call from signal_executions "
                    "where airflow_run_id = 'manual__1'"
                ),
                {"source": source, "call": calls[number]},
            )
    page = viewer.get(f"/companies/{acme}").text
    person = viewer.get(f"/people/{world['Jane Doe']}").text
    of_people, of_sponsors, of_seats = (f'/prospecting/ledger/{call}"' for call in calls)
    assert of_people in page
    assert of_sponsors in page
    assert of_seats not in page
    assert "2027-03-15" in page
    assert of_people in person
    assert of_people not in viewer.get(f"/companies/{world['Globex']}").text
    with engine.begin() as connection:
        connection.execute(text("update task_attempts set dag_id = 'slot_backfill'"))
    page = viewer.get(f"/companies/{acme}").text
    assert of_seats in page
    assert of_people not in page


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
    people = viewer.get("/people", params={"company": world["Zeta"], "title": "chief", "after": ""})
    assert people.headers["location"] == f"/prospecting/people?title=chief&company={world['Acme']}"
    assert "Zeta" not in names(viewer.get("/companies").text)
    assert viewer.get("/companies/999999").status_code == 404


def test_sources_stand_with_the_facts_and_are_escaped(
    viewer: httpx.Client, engine: Engine, world: dict[str, int]
) -> None:
    with engine.begin() as connection:
        signal = connection.execute(
            text(
                "insert into company_signals (company_id, type, signal_key, source_system) "
                "values (:acme, 'funding', 'k', 'test') returning id"
            ),
            {"acme": world["Acme"]},
        ).scalar_one()
        for number, (subject, subject_id, value, is_verified) in enumerate(
            (
                ("company_id", world["Acme"], "Rockets", True),
                ("company_signal_id", signal, "Series <b>B</b>", False),
                ("person_id", world["Jane Doe"], "CEO", True),
                ("company_id", world["Zeta"], "of another one", True),
            )
        ):
            connection.execute(
                text(
                    f"insert into observations ({subject}, field, value, source_url, source_date, evidence, "
                    "is_verified, seen_on, fingerprint) values (:id, 'a_field', :value, "
                    "'https://acme.com/news?a=1&b=2', '2026-10-02', '<script>alert(1)</script>', :is_verified, "
                    "'2026-10-03', :number)"
                ),
                {"id": subject_id, "value": value, "is_verified": is_verified, "number": str(number)},
            )
    company = viewer.get(f"/companies/{world['Acme']}").text
    person = viewer.get(f"/people/{world['Jane Doe']}").text
    sources = re.search(r'aria-label="Sources">(.*?)</table>', company, re.DOTALL)
    assert sources is not None
    assert re.findall(r"<td>(Series[^\n]*|Rockets)</td>", sources[1]) == ["Series &lt;b&gt;B&lt;/b&gt;", "Rockets"]
    assert (sources[1].count("not verified"), sources[1].count("<td>yes</td>")) == (1, 1)
    assert "https://acme.com/news?a=1&amp;b=2" in sources[1]
    assert "of another one" not in company
    assert "<script>alert" not in company + person
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in person
    assert "No page is known that says so" in viewer.get(f"/companies/{world['Globex']}").text
