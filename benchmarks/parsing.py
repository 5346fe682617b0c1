"""Parsing clean answers against json.loads plus validation by a Pydantic model; and hostile input, in seconds."""

from __future__ import annotations

import json
from datetime import date
from functools import partial

from pydantic import BaseModel

from benchmarks.results import Results, median_seconds
from prospecting.parsing.events import parse_events
from prospecting.parsing.payload import extract_json


class _Sponsor(BaseModel):
    name: str
    tier: str | None = None


class _Event(BaseModel):
    name: str
    start_date: date | None = None
    end_date: date | None = None
    location: str | None = None
    website: str | None = None
    attendees: int | None = None
    sponsors: list[_Sponsor] = []


class _Events(BaseModel):
    reasoning: str | None = None
    events: list[_Event]


def answer(events: int) -> str:
    """A clean answer with as many events as asked, in twenty cities, three sponsors each."""
    places = ["Berlin, Germany", "Portland, OR", "São Paulo, Brazil", "London, UK", "Austin, TX, USA"]
    return json.dumps(
        {
            "reasoning": "found",
            "events": [
                {
                    "name": f"Conference {number}",
                    "start_date": f"2026-{number % 12 + 1:02}-{number % 27 + 1:02}",
                    "end_date": f"2026-{number % 12 + 1:02}-{number % 27 + 2:02}",
                    "location": places[number % len(places)],
                    "website": f"https://conference-{number % 50}.com/2026",
                    "attendees": number * 7,
                    "sponsors": [{"name": f"Company {number % 40 + k}", "tier": "Gold"} for k in range(3)],
                }
                for number in range(events)
            ],
        }
    )


def run(results: Results, *, rows: int) -> None:
    """``rows`` is not used: one answer of 1,000 events is more than any agent gives."""
    text = answer(1000)
    parse_events(text)  # gazetteers and caches, loaded once per process
    reading = median_seconds(lambda: json.loads(text))
    loose = median_seconds(lambda: extract_json(text))
    results.add("extract_json, clean, 1,000 events", loose, reading, "json.loads", "")
    validated = median_seconds(lambda: _Events.model_validate(json.loads(text)))
    parsed = median_seconds(lambda: parse_events(text))
    results.add("parse_events, clean, 1,000 events", parsed, validated, "json.loads + Pydantic", "<= 2")
    fenced = f"Here you are:\n```json\n{text}\n```\nAnything else?"
    results.add("parse_events, fenced", median_seconds(lambda: parse_events(fenced)), validated, "the same", "")
    hostile = {
        "100k open braces": "{" * 100_000,
        "100k open brackets in events": '{"events": ' + "[" * 100_000,
        "10 MB of prose": "Lorem ipsum dolor { sit amet. " * 350_000,
        "10 MB of quotes": '"' * 10_000_000,
        "1 MB of brackets that do not fit": '{"events":[{"name":"a"],' * 40_000,
        "1 MB of quotes too many": '["a" "b ' * 120_000,
        "1 MB of strings never closed": '{"name":"a,"b":"c' * 60_000,
    }
    for name, attack in hostile.items():
        results.add(
            f"hostile: {name}",
            median_seconds(partial(parse_events, attack), 1),
            1.0,
            "one second",
            "bounded",
        )
