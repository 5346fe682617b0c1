"""Signals in pages: created, changed, asked about when a name is taken, paused, started."""

from __future__ import annotations

import re

import httpx
import pytest
from sqlalchemy import Engine, text

from tests.web.test_overview import words

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

    assert "Ruby in Europe (copy)" in user.get(f"/signals/new?copy_of={signal['id']}").text
    assert user.post(f"/signals/{signal['id']}/status", data={"wanted": "paused"}).status_code == 303
    assert stored(engine, "status") == [{"status": "paused"}]
    assert user.post(f"/signals/{signal['id']}/status", data={"wanted": "gone"}).status_code == 400


def test_a_viewer_starts_and_changes_nothing(viewer: httpx.Client, user: httpx.Client, engine: Engine) -> None:
    assert user.post("/signals", data=RUBY).status_code == 303
    (signal,) = stored(engine)
    for path, data in (
        ("/signals", RUBY),
        (f"/signals/{signal['id']}", RUBY),
        (f"/signals/{signal['id']}/status", {"wanted": "paused"}),
        (f"/signals/{signal['id']}/run", {}),
    ):
        answer = viewer.post(path, data=data, headers={"Origin": str(user.headers["Origin"])})
        assert answer.status_code == 403, path
    assert stored(engine) == [signal]
    # Airflow here has read no DAGs: what it refuses is told.
    refused = user.post(f"/signals/{signal['id']}/run")
    assert refused.status_code == 409
    assert "does not start signal_execution" in refused.text
    with engine.begin() as connection:
        connection.execute(text("update signals set configuration = '{}'"))
    assert RUBY["name"] in words(viewer.get("/signals")), "whoever stored it said less than our form does"
