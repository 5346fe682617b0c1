"""Texts that stop anywhere, because the model ran out of tokens: nothing is read that is half a record."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from prospecting.parsing.contacts import parse_contacts
from prospecting.parsing.cut_off import without_torn_line
from prospecting.parsing.events import parse_events
from prospecting.parsing.sponsors import parse_sponsors

SPONSORS = ["Acme Corporation", "Beta Industries", "Gamma Holdings"]
PEOPLE = ["Ada Moe", "Bob Kray"]
EVENTS = ["Fintech Summit", "Robot Days"]
IN_JSON: list[tuple[Callable[[Any], Any], Any]] = [
    (
        parse_sponsors,
        {"sponsors": [{"name": name, "tier": "Gold", "website": "https://acme.com"} for name in SPONSORS]},
    ),
    (parse_sponsors, {"sponsors": SPONSORS}),
    (
        parse_contacts,
        {"contacts": [{"name": name, "title": "VP Sales", "email": f"{name[:3]}@acme.com"} for name in PEOPLE]},
    ),
    (
        parse_events,
        {"events": [{"name": name, "start_date": "2027-01-01", "sponsors": [{"name": "Acme"}]} for name in EVENTS]},
    ),
]
IN_LINES: list[tuple[Callable[[Any], Any], str]] = [
    (parse_sponsors, "Gold sponsors:\n- Acme Corporation\n- Beta Industries\n\nSilver:\n- Gamma Holdings\n"),
    (parse_sponsors, "name,tier\nAcme Corporation,Gold\nBeta Industries,Silver\n"),
    (parse_sponsors, "| Sponsor | Tier |\n|---|---|\n| Acme Corporation | Gold |\n| Beta Industries | Silver |\n"),
    (parse_contacts, "- Ada Moe, VP Sales at Acme\n- Bob Kray, Head of Marketing\n"),
    (parse_contacts, "| Name | Title |\n|---|---|\n| Ada Moe | VP Sales |\n| Bob Kray | Head of Marketing |\n"),
    (parse_events, "- Fintech Summit, 1 January 2027, Berlin\n- Robot Days, 2 February 2027, Paris\n"),
]


def names(parsed: Any) -> list[str]:
    return [getattr(item, "full_name", None) or item.name for item in parsed.items]


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("before", ["", "Here it is:\n```json\n"])
@pytest.mark.parametrize(("parse", "answer"), IN_JSON, ids=["sponsors", "names", "contacts", "events"])
def test_json(parse: Callable[[Any], Any], answer: Any, before: str, indent: int | None) -> None:
    text = before + json.dumps(answer, indent=indent)
    whole = names(parse(text))
    for length in range(1, len(text)):
        parsed = parse(without_torn_line(text[:length]).encode())
        assert names(parsed) == whole[: len(parsed.items)], length
        if parsed.items and "}" in text[length:].removesuffix("}")[:-2]:
            assert "truncated" in {one.reason for one in parsed.rejected}, length
    assert len(whole) > 1


@pytest.mark.parametrize(("parse", "text"), IN_LINES)
def test_lines(parse: Callable[[Any], Any], text: str) -> None:
    known = {*SPONSORS, *PEOPLE, *EVENTS}
    for length in range(1, len(text)):
        assert {*names(parse(without_torn_line(text[:length])))} <= known, length
    assert names(parse(without_torn_line(text)))


def test_a_line_that_was_torn_goes() -> None:
    assert without_torn_line("- Acme Corporation\n- Acme Cor") == "- Acme Corporation\n"
    assert without_torn_line("Acme Cor") == ""
    assert without_torn_line('[{"name": "Acme"}, {"na') == '[{"name": "Acme"}, {"na'
