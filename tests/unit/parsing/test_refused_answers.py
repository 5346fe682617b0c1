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


@pytest.mark.parametrize(
    "text",
    [
        "I'm unable to confirm sponsors. It is sponsored by its organizer only, and no others are named.\n\n"
        "Key points:\n- Organizer-run\n- Free admission",
        "Sponsor information is only available to registered attendees.\n\n- Register on the site\n"
        "- Log in to the attendee portal",
        "No sponsors listed. Speakers include:\n- Jane Goodall\n- Grace Hopper",
        "The provided document is a travel guide; it doesn't discuss sponsorship.\n\nMain topics:\n- Hotels\n- Trains",
        "Sponsors for 2026: unknown.\nSponsors for 2025: Cisco, Juniper Networks",
        "This event does not accept corporate sponsorship. It is funded by:\n- Ticket sales\n- Donations",
        "Désolé, la page des partenaires renvoie une erreur 404. Autres pages visitées :\n- Accueil\n- Programme",
        "Zu Sponsoren schweigt die Website. Genannt werden lediglich:\n- Veranstalter: Messe Stuttgart\n- Ort: ICS",
        "Les sponsors seront annoncés en juin. D'ici là :\n- Suivez le compte LinkedIn\n- Abonnez-vous",
        "Sponsoren: keine Angabe\n\nQuellen:\n- hydro.example\n- stadt-delft.example",
        "Wait for the official announcement (expected 1 June). Until then:\n- Save the date\n- Book early",
        "Sponsorship inquiries are handled by:\n- Eventful GmbH\n\nNo sponsors are named on the page.",
        "Sponsors: pending confirmation by the organizer\n\nContacts for inquiries:\n- Maria Lopez, Manager",
        "Q: Who sponsors it?\nA: Nobody knows.",
        "[Note: the page was partially unreadable]",
    ],
)  # fmt: skip
def test_a_list_that_no_sentence_announces_names_no_sponsors(text: str) -> None:
    assert [sponsor.name for sponsor in parse_sponsors(text).items] == []


def test_a_refused_section_names_no_sponsors() -> None:
    text = "Confirmed sponsors\n- Acme Labs\n- Globex\n\nCompanies I could not confirm\n- Initech"
    assert [sponsor.name for sponsor in parse_sponsors(text).items] == ["Acme Labs", "Globex"]


@pytest.mark.parametrize(
    "text",
    [
        "I have no confirmed names. Names I rejected:\n- John Doe (different company)\n- Mary Major (left in 2020)",
        "Nobody at this firm could be matched to the titles you gave me.\n\nClosest departments:\n- People Operations",
        "People who came up but do not work there any more:\n- Mark Stone (ex-CEO)\n\nSo there is nobody to report.",
        "Ich habe keine verlässlichen Angaben zur Geschäftsführung gefunden.\n\nSo könnten Sie vorgehen:\n"
        "- Impressum aufrufen\n- Telefonisch nachfragen",
    ],
)
def test_a_list_that_no_sentence_announces_names_no_people(text: str) -> None:
    assert [person.full_name for person in parse_contacts(text).items] == []


@pytest.mark.parametrize(
    "text",
    [
        "I couldn't confirm sponsors for this event:\n\n### AnvilConf 2027\n- Date: June 3-5, 2027\n- Location: Berlin",
        "No sponsors were found for AnvilConf 2027:\n\n### AnvilConf 2027\n- Date: June 3, 2027",
        "AnvilConf 2027 takes place from March 3 to 5, 2027 in Berlin.",
        "AnvilConf 2027 will be held in Berlin on March 3-5, 2027.",
        "<ul><li><b>AnvilConf 2027</b> – March 3-5, 2027, Berlin</li></ul>",
    ],
)
def test_an_event_without_sponsors_is_an_event(text: str) -> None:
    assert [event.name for event in parse_events(text).items] == ["AnvilConf 2027"]
