"""Where facts are from, and whether what is quoted was read."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from prospecting.parsing.contacts import parse_contacts
from prospecting.parsing.events import parse_events
from prospecting.parsing.records import Source
from prospecting.parsing.sources import ReadTexts, read_source, text_of
from prospecting.parsing.sponsors import parse_sponsors

SAID = {
    "source_url": "https://news.example/a?utm_source=x",
    "source_date": "2026-10-03",
    "evidence": "Acme raised $12M",
}
SOURCE = Source("https://news.example/a?utm_source=x", date(2026, 10, 3), "Acme raised $12M")


@pytest.mark.parametrize(
    ("item", "source"),
    [
        (SAID, SOURCE),
        (
            {"sourceUrl": "acme.com/jobs", "published": "October 2026"},
            Source("https://acme.com/jobs", date(2026, 10, 1)),
        ),
        ({"sources": ["https://acme.com/a?utm_source=x", "b"]}, Source("https://acme.com/a")),
        (
            {"evidence": "Acme raised money last week, https://acme.com/news."},
            Source("https://acme.com/news", None, "Acme raised money last week, https://acme.com/news."),
        ),
        ({"evidence": "https://acme.com/news"}, Source("https://acme.com/news")),
        ({"source": "company website", "quote": "N/A"}, None),
        ({"source_url": "javascript:alert(1)"}, None),
        ({"name": "Acme"}, None),
    ],
)
def test_a_source_is_read(item: dict[str, Any], source: Source | None) -> None:
    assert read_source(item) == source


def test_every_kind_of_record_has_its_source() -> None:
    events = parse_events(json.dumps({"events": [{"name": "PyConf", "start_date": "2027-03-01", **SAID}]}))
    people = parse_contacts(json.dumps({"contacts": [{"name": "Jane Doe", "title": "CEO", **SAID}]}))
    sponsors = parse_sponsors(json.dumps({"sponsors": [{"name": "Acme", "tier": "Gold", **SAID}]}))
    assert [one.source for one in (*events.items, *people.items, *sponsors.items)] == [SOURCE] * 3
    (jane,) = people.items
    assert jane.observed_on == date(2026, 10, 3), "a role is observed on the day of the page"
    other_day = parse_contacts([{"name": "Jane Doe", "title": "CEO", "as_of": "2026-09-01", **SAID}])
    assert other_day.items[0].observed_on == date(2026, 9, 1), "the day that is given for the role counts more"


PAGE = (
    "<p>Berlin, 2&nbsp;October – <b>Acme</b> GmbH today announced that it has raised\n €3.5&nbsp;million in a "
    "“Series A” round led by Accel.</p><p>Contact: press@acme.example</p>"
)


@pytest.mark.parametrize(
    ("evidence", "holds"),
    [
        ("Acme GmbH today announced that it has raised €3.5 million", True),
        ('ACME GMBH  TODAY announced - that it has raised €3.5 million in a "Series A" round', True),
        ("Acme GmbH today announced ... €3.5 million in a 'Series A' round", True),
        ("Acme GmbH today announced […] led by Accel", True),
        ("has raised €35 million in a Series A", False),
        ("€3.5 million in a Series A ... Acme GmbH today announced", False),
        ("Globex GmbH today announced that it has raised", False),
        ("that it has raise", False),
        ("Acme", False),
        ("... ", False),
        ("", False),
        (None, False),
    ],
)
def test_evidence_has_to_be_read(evidence: str | None, holds: bool) -> None:
    assert ReadTexts(["Another page.", PAGE]).hold(evidence) is holds


def test_evidence_is_looked_for_in_one_text_at_a_time() -> None:
    assert not ReadTexts(["Acme GmbH today announced", "led by Accel and others"]).hold(
        "Acme GmbH today ... led by Accel"
    )
    assert not ReadTexts([]).hold("Acme GmbH today announced")
    assert ReadTexts(["本日、アクメ株式会社は資金調達を発表しました。"]).hold("アクメ株式会社は資金調達を発表")


def test_texts_in_json_are_read_as_they_were_meant() -> None:
    results = json.dumps([{"title": "News", "content": 'Acme said: "We raised\u00a0twelve million"', "score": 0.9}])
    assert ReadTexts([text_of(results.encode())]).hold("we raised twelve million")
    assert text_of(b"plain {text") == "plain {text"
