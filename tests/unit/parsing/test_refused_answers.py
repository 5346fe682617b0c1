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
        "The 2026 sponsors haven't been announced.\n\nCompanies that sponsored it in recent years include:\n- Acme",
        "Here is what I'd return if sponsors were known:\n\n| Company | Tier |\n|---|---|\n| Acme | Gold |\n\n"
        "Unfortunately I have no access to live data.",
        "The page lists its **programme committee**, not sponsors:\n- Ada Lindqvist (KTH)\n- Ravi Menon (Infosys)",
        "Sponsor information for 2026 is pending. For reference, in the 2024 edition:\n\n**Gold**\n- Acme\n\n"
        "**Silver**\n- Globex",
        "I can't verify sponsors, but companies active in this space include:\n- Acme\n- Globex",
        "I only have data up to 2024. Back then the sponsors were:\n- Acme\n\nI can't tell whether they still are.",
        "This conference is free of corporate sponsorship. It's financed by:\n- Ticket sales\n- A grant",
        "I checked whether the following companies sponsor the event, and none of them does:\n- Acme\n- Globex",
        "Sponsorship isn't part of the material. It mentions these companies as case studies:\n1. Acme\n2. Globex",
        "Not available. The ticket page lists these ticket types:\n- Early bird\n- Regular\n- Student",
        "The page lists these sponsors:\n- Acme\n- Globex\n\nThese are most likely outdated.",
        "I could not determine who sponsors it. The document names the following partners of the EU grant instead:\n"
        "- Acme\n- Globex",
        "The sponsor list is unavailable. What I do see:\n- A countdown timer\n- A signup form",
        "La liste des sponsors n'est pas disponible. Voici ce que je peux vous dire :\n"
        "- L'événement aura lieu le 3 juin 2026\n- Il est organisé par la CCI",
        "Die Sponsoren werden erst im Januar bekannt gegeben. Bisher steht fest:\n- Termin: 4. Mai 2026",
        "In short, nothing. But here's a plan:\n\nWeek 1: Email the organizers\nWeek 2: Call the venue",
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
        "There is no information about executives in the text. The text mentions these companies:\n- Acme Robotics",
        "I'm unable to share personal data, but I can describe the committee you'd expect:\n- Economic buyer: CFO",
        "The company hasn't published its management team. The only people named are customers giving testimonials:\n"
        '- "Fantastic product!" – Helen Cho, CMO at Bluebird Foods',
        "The leadership page returns a 404. An archived copy shows:\n- Frank Weller, CEO\n\nThese are most likely "
        "outdated.",
        "There was nobody I could confirm. Two profiles were close but mention other employers:\n"
        "- Nils Berg – CTO at Fjord Line AS",
        "I looked at LinkedIn results, but they were for Skarv Seafood, an unrelated business:\n1. Per Olsen – CEO",
        "I couldn't find the VP of Sales. There's a job advert which names a recruiter as contact:\n- Silje Ness",
        "Nicht gefunden: Leiter IT",
        "Filing details:\n- Number: 556677-8899\n- Date: 2 May 2025",
        "The former CEO is Jane Doe.",
        "Jane Doe was the CEO until 2021.",
        "The CEO is not Jane Doe.",
        "Jane Doe is a leader in the field. The Sales Manager is responsible for this. The CEO is based in New York.",
    ],
)
def test_a_list_that_no_sentence_announces_names_no_people(text: str) -> None:
    assert [person.full_name for person in parse_contacts(text).items] == []


@pytest.mark.parametrize(
    "text",
    [
        "I didn't find anything in Bologna itself. Elsewhere in Europe:\n- SpaceConf – 5 October 2026, Antalya",
        "Je n'ai trouvé aucun événement à Nantes. À proximité :\n- Salon Écotech, 12 mai 2026, Rennes",
        "The calendar lists only past events:\n- Robot Day – 12 May 2023, Tromsø\n- Sea Tech – 1 June 2024, Tromsø",
        "No he podido confirmar congresos. Los que se celebraron en 2024 fueron:\n- Foro Azul, 2 de junio de 2024",
        "There's no record of a 2026 edition. The series ran as follows:\n- Northern Optics 2018 – Oslo",
    ],
)
def test_a_list_that_no_sentence_announces_names_no_events(text: str) -> None:
    assert [event.name for event in parse_events(text).items] == []


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
