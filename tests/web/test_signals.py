"""Signals in pages: created, changed, asked about when a name is taken, paused, started."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import ClassVar

import httpx
import pytest
from sqlalchemy import Engine, text

from tests.web.test_overview import words
from tests.web.test_refused_requests import told

pytestmark = pytest.mark.airflow

RUBY = {
    "name": "Ruby in Europe",
    "type": "conference",
    "event_keywords": "ruby\r\nrails\r\n\r\n",
    "locations": "Europe",
    "target_functions": "CEO\nVP Sales",
    "extract_sponsors": "1",
    "agents": "catalog",
    "max_events": "20",
    "max_usd": "2.5",
    "max_calls": "",
    "schedule_frequency": "weekly",
    "schedule_weekday": "2",
    "schedule_time": "07:30",
    "schedule_timezone": "Europe/Berlin",
    "schedule_enabled": "1",
}


def stored(engine: Engine, columns: str = "*") -> list[dict[str, object]]:
    with engine.connect() as connection:
        return [
            dict(row) for row in connection.execute(text(f"select {columns} from signals order by name")).mappings()
        ]


def test_a_signal_from_the_form_to_its_run(user: httpx.Client, viewer: httpx.Client, engine: Engine) -> None:
    assert "No signal is stored yet" in words(viewer.get("/signals"))
    wrong = user.post("/signals", data={**RUBY, "locations": "Atlantis on Sea"})
    assert wrong.status_code == 422
    assert "not a place we know" in wrong.text
    assert 'value="Ruby in Europe"' in wrong.text
    assert user.post("/signals", data={"name": "Empty"}).status_code == 422
    assert stored(engine) == []

    assert user.post("/signals", data=RUBY).status_code == 303
    (signal,) = stored(engine)
    configuration = signal["configuration"]
    assert isinstance(configuration, dict)
    assert configuration["event_keywords"] == ["ruby", "rails"]
    assert configuration["limits"]["max_events"] == 20
    assert float(configuration["budget"]["max_usd"]) == 2.5
    assert configuration["budget"]["max_calls"] is None
    said = words(viewer.get("/signals"))
    assert re.search(r"Ruby in Europe conference ruby, rails in Europe every Wednesday at 07:30, Europe/Berlin", said)
    assert "Edit" not in said
    form = user.get(f"/signals/{signal['id']}/edit").text
    assert "ruby\nrails" in form
    assert re.search(r'<option value="2" selected>\s*Wednesday', form)

    # The same name, otherwise: nothing is changed before somebody says so.
    other = {**RUBY, "event_keywords": "python", "schedule_frequency": ""}
    asked = user.post("/signals", data=other)
    assert asked.status_code == 409
    assert re.search(r"Keywords ruby, rails python", re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", asked.text)))
    assert stored(engine) == [signal]
    assert user.post("/signals", data={**other, "replace": "1"}).status_code == 303
    (changed,) = stored(engine)
    assert changed["configuration"]["event_keywords"] == ["python"]
    assert changed["schedule"] == signal["schedule"]
    assert user.post(f"/signals/{signal['id']}", data=RUBY).status_code == 303
    assert stored(engine, "configuration, schedule") == [
        {"configuration": configuration, "schedule": signal["schedule"]}
    ]

    # Every configuration it has had is a version; an earlier one is published again by a writer alone.
    versions = f"/signals/{signal['id']}/versions"
    told_of = words(user.get(versions))
    assert re.search(r"2 .* – Keywords: ruby, rails → python Publish 1 .* – published", told_of)
    assert "Publish" not in words(viewer.get(versions))
    publish = f"/signals/{signal['id']}/publish"
    assert user.post(publish, data={"version": "2"}).status_code == 303
    assert stored(engine)[0]["configuration"] == changed["configuration"]
    assert user.post(publish, data={"version": "9"}).status_code == 404
    assert user.post(publish, data={"version": "1"}).status_code == 303
    assert stored(engine, "configuration") == [{"configuration": configuration}]

    assert "Ruby in Europe (copy)" in user.get(f"/signals/new?copy_of={signal['id']}").text
    assert user.post(f"/signals/{signal['id']}/status", data={"wanted": "paused"}).status_code == 303
    assert stored(engine, "status") == [{"status": "paused"}]
    assert "paused: nothing starts" in words(viewer.get("/signals"))
    assert user.post(f"/signals/{signal['id']}/status", data={"wanted": "gone"}).status_code == 400


def test_a_viewer_starts_and_changes_nothing(viewer: httpx.Client, user: httpx.Client, engine: Engine) -> None:
    assert user.post("/signals", data=RUBY).status_code == 303
    (signal,) = stored(engine)
    for path, data in (
        ("/signals", RUBY),
        (f"/signals/{signal['id']}", RUBY),
        (f"/signals/{signal['id']}/status", {"wanted": "paused"}),
        (f"/signals/{signal['id']}/publish", {"version": "1"}),
        (f"/signals/{signal['id']}/run", {}),
    ):
        answer = viewer.post(path, data=data, headers={"Origin": str(user.headers["Origin"])})
        assert answer.status_code == 403, path
    assert stored(engine) == [signal]
    # Airflow here has read no DAGs: what it refuses is told.
    refused = user.post(f"/signals/{signal['id']}/run")
    assert refused.status_code == 409
    assert "does not start signal_execution" in refused.text


ALL_FIELDS = {
    "name": "Every field", "type": "conference", "description": "Said <b>once</b>", "event_keywords": "ruby\nrails",
    "locations": "Germany\nOnline", "date_from": "2027-01-01", "date_to": "2027-12-31", "min_attendees": "250",
    "industries": "Software", "target_functions": "CFO", "target_functions_from": "an-org",
    "discovery_prompt": "First line\nsecond", "outreach_context": "=Offer", "agents": "live", "max_events": "7",
    "max_sponsors_per_event": "8", "enough_sponsors_per_event": "9", "max_companies": "10",
    "max_people_per_company": "11", "max_usd": "1.25", "max_calls": "12", "max_error_share": "0.25",
    "schedule_frequency": "monthly", "schedule_weekday": "6", "schedule_day": "31", "schedule_time": "23:45",
    "schedule_timezone": "Asia/Kolkata",
}  # fmt: skip
"""No switch is on: a browser sends nothing of it but the empty field before it."""
SWITCHES = {"extract_sponsors": "", "schedule_enabled": ""}


def sent(page: httpx.Response) -> dict[str, str]:
    """The fields of a form as a browser sends them when nobody changes anything."""

    class Form(HTMLParser):
        fields: ClassVar[dict[str, str]] = {}
        name = ""

        def handle_starttag(self, tag: str, given: list[tuple[str, str | None]]) -> None:
            attrs = dict(given)
            if tag in ("select", "textarea"):
                self.name = attrs["name"] or ""
                self.fields[self.name] = ""
            elif tag == "option" and "selected" in attrs:
                self.fields[self.name] = attrs["value"] or ""
            elif tag == "input" and (attrs.get("type") != "checkbox" or "checked" in attrs):
                self.fields[attrs["name"] or ""] = attrs.get("value") or ""

        def handle_data(self, data: str) -> None:
            if self.name and self.lasttag == "textarea" and self.rawdata:
                self.fields[self.name] += data

        def handle_endtag(self, tag: str) -> None:
            if tag in ("select", "textarea"):
                self.name = ""

    form = Form()
    form.fields = {}
    form.feed(page.text.partition('<form class="fields"')[2].partition("</form>")[0])
    return form.fields


def test_the_form_gives_back_what_is_stored_and_overwrites_nobody(user: httpx.Client, engine: Engine) -> None:
    assert user.post("/signals", data={**ALL_FIELDS, **SWITCHES}).status_code == 303
    (first,) = stored(engine)
    configuration = first["configuration"]
    assert isinstance(configuration, dict)
    assert configuration["extract_sponsors"] is False
    assert first["schedule"] == {
        "frequency": "monthly", "weekday": 6, "day": 31, "time": "23:45:00", "timezone": "Asia/Kolkata",
        "enabled": False,
    }  # fmt: skip
    assert user.post("/signals", data={**ALL_FIELDS, **SWITCHES}).status_code == 303, "sent twice"
    edit = f"/signals/{first['id']}/edit"
    mine, theirs = sent(user.get(edit)), sent(user.get(edit))
    assert {name: mine[name] for name in ALL_FIELDS} == {**ALL_FIELDS, "schedule_time": "23:45:00"}
    address = f"/signals/{first['id']}"
    assert user.post(address, data=mine).status_code == 303
    assert stored(engine) == [first], "unchanged, and not even touched"

    # Somebody else was faster.
    assert user.post(address, data={**theirs, "event_keywords": "python", "description": ""}).status_code == 303
    (second,) = stored(engine, "configuration, description, schedule")
    assert second == {
        "configuration": {**configuration, "event_keywords": ["python"], "description": None},
        "description": None,
        "schedule": first["schedule"],
    }
    late = user.post(address, data={**mine, "max_events": "99"})
    assert late.status_code == 409
    assert re.search(r"Somebody has changed this signal.*Keywords python ruby, rails", told(late))
    assert stored(engine, "configuration, description, schedule") == [second]
    again = user.post(address, data={**sent(late), "locations": "no such place at all"})
    assert again.status_code == 422
    assert user.post(address, data={**sent(again), "locations": "Germany"}).status_code == 303

    # A program sends what it changes.
    assert user.post(address, data={"max_events": "3"}).status_code == 303
    (third,) = stored(engine, "configuration, schedule")
    assert third["schedule"] == first["schedule"]
    assert third["configuration"] == {
        **configuration, "locations": ["Germany"], "limits": {**configuration["limits"], "max_events": 3},
    }  # fmt: skip

    assert user.post(f"{address}/status", data={"wanted": "archived"}).status_code == 303
    assert user.post(f"{address}/run").status_code == 409
    assert "It is archived" in told(user.post("/signals", data={**ALL_FIELDS, **SWITCHES}))


def test_a_signal_stored_by_hand_takes_no_page_down(user: httpx.Client, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(
            text(
                "insert into signals (name, name_key, type, configuration, schedule) values "
                "('=Nothing', 'nothing', 'conference', '{}', '[]'), "
                "('Odd', 'odd', 'funding', '{\"event_keywords\": \"x\", \"limits\": 7}', null)"
            )
        )
    said = words(user.get("/signals"))
    assert "=Nothing conference – cannot be read: store it again" in said
    assert "'=Nothing,conference" in user.get("/signals.csv").text
    assert user.get("/signals.csv", params={"archived": "1"}).text.count("\r\n") == 1
    for signal in stored(engine, "id"):
        assert user.get(f"/signals/{signal['id']}/edit").status_code == 200
