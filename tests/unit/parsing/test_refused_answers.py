"""Answers that refuse, and answers that only sound like it, as the parsers of sponsors, people and events read them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from prospecting.parsing.contacts import parse_contacts
from prospecting.parsing.events import parse_events
from prospecting.parsing.sponsors import parse_sponsors
from tests.unit.parsing.caveat_texts import EVENTS, PEOPLE, SPONSORS
from tests.unit.parsing.refusal_texts import REFUSALS, SUBJECTS


def _message(text: str) -> str:
    return json.dumps({"choices": [{"message": {"role": "assistant", "content": text}}]})


@pytest.mark.parametrize("template", REFUSALS)
def test_a_refusal_names_nothing(template: str) -> None:
    for subject in SUBJECTS:
        text = template.format(**subject)
        assert [sponsor.name for sponsor in parse_sponsors(text).items] == []
        assert [person.full_name for person in parse_contacts(text).items] == []
        assert [event.name for event in parse_events(text).items] == []


@pytest.mark.parametrize("template", REFUSALS[::7])
def test_a_refusal_in_a_message_names_nothing(template: str) -> None:
    for subject in SUBJECTS:
        text = _message(template.format(**subject))
        assert not parse_sponsors(text).items
        assert not parse_contacts(text).items
        assert not parse_events(text).items


@pytest.mark.parametrize("text", SPONSORS)
def test_sponsors_behind_a_caveat_are_kept(text: str) -> None:
    assert {sponsor.name for sponsor in parse_sponsors(text).items} == {"Acme Labs", "Globex"}
    assert {sponsor.name for sponsor in parse_sponsors(_message(text)).items} == {"Acme Labs", "Globex"}


@pytest.mark.parametrize("text", PEOPLE)
def test_people_behind_a_caveat_are_kept(text: str) -> None:
    assert {person.full_name for person in parse_contacts(text).items} == {"Jane Doe", "Bo Ray"}


@pytest.mark.parametrize("text", EVENTS)
def test_events_behind_a_caveat_are_kept(text: str) -> None:
    assert {event.name for event in parse_events(text).items} == {"AnvilConf 2027", "CloudDays 2027"}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("AnvilConf is sponsored by Acme and Globex.", ["Acme", "Globex"]),
        ("Gold: Acme, Globex", ["Acme", "Globex"]),
        ("Acme, Globex", ["Acme", "Globex"]),
        ("- Acme (Gold)\n- Globex", ["Acme", "Globex"]),
        ("Acme makes good things.", []),
        ("I couldn't find sponsors, try LinkedIn, Crunchbase and Eventbrite.", []),
        ("I couldn't find a confirmed sponsor list. You could check:\n- The official website\n- LinkedIn", []),
    ],
)
def test_a_message_without_data_is_read_as_text(text: str, names: list[str]) -> None:
    assert [sponsor.name for sponsor in parse_sponsors(_message(text)).items] == names


@pytest.mark.parametrize(
    "answer",
    [
        {"contacts": "No decision makers could be identified. Try:\n- LinkedIn Sales Navigator"},
        {"contacts": ["I was unable to find any decision makers.\n- Jane Doe, LinkedIn\n- Bo Ray, LinkedIn"]},
    ],
)
def test_a_refusal_in_place_of_people_names_nobody(answer: Any) -> None:
    parsed = parse_contacts(answer)
    assert (parsed.items, [item.reason for item in parsed.rejected]) == ([], ["no_data"])


def test_a_refusal_in_place_of_sponsors_names_none() -> None:
    parsed = parse_sponsors({"sponsors": "I could not find sponsors. Try LinkedIn, Crunchbase"})
    assert (parsed.items, [item.reason for item in parsed.rejected]) == ([], ["no_data"])
