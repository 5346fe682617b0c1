"""Events in answers that are text for people."""

from __future__ import annotations

from datetime import date

import pytest

from prospecting.parsing.events import MAX_LINES, parse_events
from prospecting.parsing.records import EventRecord

ANVIL = ("AnvilConf 2027", date(2027, 3, 3), date(2027, 3, 5), "Berlin")
BOLT = ("BoltCon 2027", date(2027, 9, 30), date(2027, 10, 2), "Austin")


def in_short(event: EventRecord) -> tuple[str, date | None, date | None, str | None]:
    return event.name, event.start, event.end, event.location.city


def test_blocks_and_tables() -> None:
    blocks = (
        "Found two:\n\n1. **RubyConf 2025**\n   - **Date:** Nov 18-20, 2025\n   - Location: San Diego, CA\n"
        "2. **PyCon**\n   - Date: TBD\n"
    )
    assert [(event.name, event.start) for event in parse_events(blocks).items] == [
        ("RubyConf 2025", date(2025, 11, 18)),
        ("PyCon", None),
    ]
    table = "| Event | Date | City |\n|---|:-:|---|\n| A | 2025-03-15 | Paris |\n| B | TBD | Berlin |"
    assert [(event.name, event.location.city) for event in parse_events(table).items] == [
        ("A", "Paris"),
        ("B", "Berlin"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        """Here are the events:

### 1. AnvilConf 2027
- **Date:** March 3-5, 2027
- **Location:** Berlin, Germany

### 2. BoltCon 2027
- **Date:** Sep 30-2, 2027
- **Location:** Austin, TX
""",
        """**1. AnvilConf 2027** (March 3–5, 2027)
- 📍 Berlin, Germany
- 🔗 https://anvilconf.io

**2. BoltCon 2027** (Sep 30 – Oct 2, 2027)
- 📍 Austin, TX
- A conference about bolts.
""",
        "1. AnvilConf 2027 (March 3-5, 2027, Berlin, Germany)\n"
        "2. BoltCon 2027: September 30 - October 2, 2027, Austin, TX",
        "- **AnvilConf 2027** — March 3–5, Berlin\n- **BoltCon 2027** – Sep 30 – Oct 2, 2027 – Austin, TX, USA",
        "• AnvilConf 2027 – Berlin, Germany – March 3–5 – https://a.io\n• BoltCon 2027 – Austin, TX – Sep 30-2, 2027",
        "AnvilConf 2027 | 3–5 March 2027 | Berlin | https://a.io\nBoltCon 2027 | 30 Sep – 2 Oct 2027 | Austin | b.io",
        "- [AnvilConf 2027](https://a.io): March 3-5, Berlin\n- [BoltCon 2027](https://b.io): Sep 30-Oct 2, Austin",
        "- March 3–5, 2027: AnvilConf 2027, Berlin\n- Sep 30 – Oct 2, 2027 – BoltCon 2027 (Austin)",
        "## AnvilConf 2027\n📅 March 3–5, 2027\n📍 Berlin\n\n## BoltCon 2027\n📅 Sep 30 – Oct 2, 2027\n📍 Austin",
        "**AnvilConf 2027**\nMarch 3–5, 2027 | Berlin, Germany\n\n**BoltCon 2027**\nSep 30 – Oct 2 | Austin, TX",
        "## AnvilConf 2027\n**Date:** March 3-5 | **City:** Berlin\n\n"
        "## BoltCon 2027\n**Date:** Sep 30-2 | **City:** Austin",
        "Event: AnvilConf 2027\nDate: March 3-5, 2027\nCity: Berlin\n\n"
        "Event: BoltCon 2027\nDate: Sep 30-2\nCity: Austin",
        "AnvilConf 2027\n  Date: March 3-5\n  City: Berlin\n\nBoltCon 2027\n  Date: Sep 30 - Oct 2\n  City: Austin",
        "events:\n  - name: AnvilConf 2027\n    date: March 3-5\n    city: Berlin\n"
        "  - name: BoltCon 2027\n    date: Sep 30-2\n    city: Austin",
        "1. AnvilConf 2027\n   - March 3-5, 2027\n   - Berlin, Germany\n"
        "2. BoltCon 2027\n   - Sep 30-2\n   - Austin, TX",
        "| # | Conference | When | Where |\n|--|--|--|--|\n| 1 | **AnvilConf 2027** | 3–5 March 2027 | Berlin |\n"
        "| 2 | [BoltCon 2027](https://b.io) | 30 Sep – 2 Oct 2027 | Austin |",
    ],
)
def test_events_in_text(text: str) -> None:
    parsed = parse_events(text)
    assert [in_short(event) for event in parsed.items] == [ANVIL, BOLT]
    assert not parsed.rejected


@pytest.mark.parametrize(
    "name",
    [
        "You Gotta Love Frontend", "Try Swift", "php[tek]", "boost(js)", "performance.now()",
        "GORUCO (Gotham Ruby Conf)",
        "All Things Open", "Rails Camp AU 9 (2011)", "Check Point CPX 2027", "WeAreDevelopers World Congress",
    ],
)  # fmt: skip
def test_names_of_headings(name: str) -> None:
    text = f"### 1. {name}\n- **Date:** March 3-5, 2027\n- **Location:** Berlin, Germany\n"
    assert [event.name for event in parse_events(text).items] == [name]


def test_a_block_with_everything() -> None:
    text = """### 1. AnvilConf 2027
- **Dates:** March 3–5, 2027
- **Venue:** Messe Berlin
- **City:** Berlin
- **Website:** [anvilconf.io](https://anvilconf.io)
- **Expected attendees:** 5,000+ (2025: 4,200)
- **Has sponsors:** yes
- **Sponsors:**
  - Acme (Gold)
  - Globex
- **Description:** About anvils.
"""
    (event,) = parse_events(text).items
    assert in_short(event) == ANVIL
    assert (event.venue, event.website, event.attendees) == ("Messe Berlin", "https://anvilconf.io", 5000)
    assert (event.has_sponsors, event.description) == (True, "About anvils.")
    assert [(sponsor.name, sponsor.tier) for sponsor in event.sponsors] == [("Acme", "gold"), ("Globex", None)]


@pytest.mark.parametrize(
    "text",
    [
        "Event\tDate\tLocation\nAnvilConf\t2027-05-03\tBerlin, Germany\nBoltCon\tJune 4-5, 2027\tOslo, Norway",
        'Event;Date;Location\nAnvilConf;2027-05-03;"Berlin, Germany"\nBoltCon;June 4-5, 2027;Oslo, Norway',
    ],
    ids=["tabs", "semicolons"],
)
def test_tables_with_other_separators(text: str) -> None:
    events = parse_events(text).items
    assert [(event.name, event.start, event.location.city) for event in events] == [
        ("AnvilConf", date(2027, 5, 3), "Berlin"),
        ("BoltCon", date(2027, 6, 4), "Oslo"),
    ]


@pytest.mark.parametrize(
    ("line", "start", "end", "city"),
    [
        ("- AnvilConf – 3.–5. März 2027, Berlin", date(2027, 3, 3), date(2027, 3, 5), "Berlin"),
        ("- Gear Tage – 30.09.–02.10.2027 – München", date(2027, 9, 30), date(2027, 10, 2), "Munich"),
        ("- Salon du Boulon, du 3 au 5 mars 2027, Paris", date(2027, 3, 3), date(2027, 3, 5), "Paris"),
        ("**Web Summit 2027** (virtual, June 3, 2027)", date(2027, 6, 3), date(2027, 6, 3), None),
        ("1) Black Hat USA 2027 – August 1–6, 2027 – Las Vegas, NV", date(2027, 8, 1), date(2027, 8, 6), "Las Vegas"),
        ("- HealthTech Brno – 14 May 2027 – Brno", date(2027, 5, 14), date(2027, 5, 14), "Brno"),
        (
            "According to its site, Slush takes place on 17 November 2027 in Helsinki. I found no other event.",
            date(2027, 11, 17),
            date(2027, 11, 17),
            "Helsinki",
        ),
        (
            "I found one: **Nordic Light** (15–17 September 2027, Oslo, Norway). Sponsors haven't been announced.",
            date(2027, 9, 15),
            date(2027, 9, 17),
            "Oslo",
        ),
        ("**PyCon 2027** – Berlin, Germany", date(2027, 1, 1), date(2027, 12, 31), "Berlin"),
    ],
)
def test_one_line(line: str, start: date, end: date, city: str | None) -> None:
    (event,) = parse_events(line).items
    assert (event.start, event.end, event.location.city) == (start, end, city)


@pytest.mark.parametrize(
    "text",
    [
        "I couldn't find any confirmed events. You could check:\n- Eventbrite\n- Meetup",
        "I couldn't find any confirmed events for 2027. You could check:\n- **Eventbrite** – Website: https://e.com\n"
        "- Meetup: https://meetup.com\n\nNext steps:\n1. Check the organizer's website by March 3, 2027",
        "No upcoming events were found. Past editions:\n- AnvilConf 2024 (March 3-5, 2024, Berlin)",
        "Unfortunately, no events match your criteria.\n\nSuggestions:\n1. **10times.com** – updated March 2027",
    ],
)
def test_nothing_found_is_an_answer(text: str) -> None:
    parsed = parse_events(text)
    assert not parsed.items
    assert [item.reason for item in parsed.rejected] == ["no_data"]


@pytest.mark.parametrize(
    "text",
    [
        '{"events": []}\n\nLast year\'s were:\n- AnvilConf 2026 (March 3-5, 2026)',
        '```json\n{"events": []}\n```\nYou could check:\n- Eventbrite',
    ],
)
def test_an_empty_list_is_the_answer_whatever_follows(text: str) -> None:
    assert parse_events(text).items == []


def test_text_in_a_field_of_data() -> None:
    text = "### 1. AnvilConf 2027\n- Date: March 3-5\n- City: Berlin\n\n"
    text += "### 2. BoltCon 2027\n- Date: Sep 30-2\n- City: Austin"
    assert [in_short(event) for event in parse_events({"events": text}).items] == [ANVIL, BOLT]
    refused = parse_events({"result": "I couldn't find any confirmed events. You could check:\n- Eventbrite\n- Meetup"})
    assert (refused.items, [item.reason for item in refused.rejected]) == ([], ["no_data"])


def test_fields_of_a_section_are_not_those_of_the_next_event() -> None:
    (event,) = parse_events("## Sources\n- Website: https://x.org\n\nEvent: AnvilConf 2027\nDate: March 3-5").items
    assert (event.name, event.website) == ("AnvilConf 2027", None)


@pytest.mark.parametrize(
    "text",
    [
        "Important dates:\n- CFP deadline: January 5, 2027\n- Early bird ends: February 1, 2027\n"
        "- Day 1 – March 3, 2027",
        "- Registration opens – December 1, 2026\n- **Workshop day** – March 2, 2027",
        "## Upcoming Events\n\n**Sources**\n- Website: https://x.org\n\nLast updated: March 3, 2027",
        "**Recommended next steps:**\n- Contact the organizer by March 3, 2027\n- Attend Web Summit 2027 in Lisbon",
        "### Registration\n- **Date:** March 3, 2027\n### Keynotes\n- Date: March 4, 2027",
        "Sponsors:\n- Acme\n- Globex",
        "- Attend Web Summit 2027 – November 9, 2027\n- **Contact the organizer of PyCon 2027** – by March 3, 2027",
        "AnvilConf 2027 was announced on March 3.",
        "### March 2027\n- Berlin, Germany",
    ],
)
def test_what_is_no_event(text: str) -> None:
    assert parse_events(text).items == []


def test_placeholders_in_text_are_rejected_with_their_reason() -> None:
    parsed = parse_events("### [Event Name]\n- Date: March 3, 2027\n\n### AnvilConf 2027\n- Date: March 3-5, 2027")
    assert [event.name for event in parsed.items] == ["AnvilConf 2027"]
    assert [item.reason for item in parsed.rejected] == ["placeholder"]


def test_text_of_too_many_lines_is_refused() -> None:
    line = "- **AnvilConf 2027** — March 3–5, Berlin\n"
    assert len(parse_events(line * 3).items) == 3
    parsed = parse_events(line * (MAX_LINES + 2))
    assert [item.reason for item in parsed.rejected] == ["too_large"]
    assert not parsed.items
