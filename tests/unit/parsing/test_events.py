"""Events out of agents' answers."""

from __future__ import annotations

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prospecting.parsing.events import parse_events
from prospecting.parsing.records import Parsed

FULL = {
    "name": "AI Summit",
    "year": 2025,
    "date": "2025-03-15",
    "location": "San Francisco, CA, USA",
    "venue": "Moscone Center",
    "type": "conference",
    "website": "https://example.org/?utm_source=agent",
    "attendees": 5000,
    "has_sponsors": True,
    "sponsors": ["Acme", "Globex (Gold)"],
    "industry": "Technology",
}

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda children: (
        st.lists(children, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["events", "name", "date", "location", "venue", "sponsors", "attendees", "website", "data", "year"]
            )
            | st.text(max_size=5),
            children,
            max_size=5,
        )
    ),
    max_leaves=25,
)


def names(parsed: Parsed) -> list[str]:
    return [item.name for item in parsed.items]


def reasons(parsed: Parsed) -> list[str]:
    return [item.reason for item in parsed.rejected]


def test_reads_every_field() -> None:
    parsed = parse_events(json.dumps({"reasoning": "…", "events": [FULL]}))
    assert not parsed.rejected
    (event,) = parsed.items
    assert (event.name, event.start, event.end, event.date_precision) == (
        "AI Summit",
        date(2025, 3, 15),
        date(2025, 3, 15),
        "day",
    )
    assert (event.location.city, event.location.country_code) == ("San Francisco", "US")
    assert (event.venue, event.event_type, event.industry, event.attendees) == (
        "Moscone Center",
        "conference",
        "Technology",
        5000,
    )
    assert event.website == "https://example.org"
    assert [(sponsor.name, sponsor.tier) for sponsor in event.sponsors] == [("Acme", None), ("Globex", "gold")]


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param({"events": [FULL]}, id="events"),
        pytest.param({"results": [FULL]}, id="results"),
        pytest.param({"data": {"conferences": [FULL]}}, id="nested"),
        pytest.param({"output": {"result": {"items": [FULL]}}}, id="nested twice"),
        pytest.param({"output": json.dumps({"events": [FULL]})}, id="JSON in a field"),
        pytest.param({"events": json.dumps([FULL])}, id="JSON list in a field"),
        pytest.param({"events": FULL}, id="one object under events"),
        pytest.param({"event": FULL}, id="event"),
        pytest.param({"events": [{"event": FULL}]}, id="each wrapped"),
        pytest.param({"event_1": FULL}, id="numbered keys"),
        pytest.param({"upcoming_events": [FULL], "past_events": []}, id="several lists"),
        pytest.param({"name": "Search run 7", "events": [FULL]}, id="a named wrapper"),
        pytest.param([FULL], id="list"),
        pytest.param([[FULL]], id="list of lists"),
        pytest.param(FULL, id="bare object"),
        pytest.param(json.dumps([FULL]), id="JSON array"),
        pytest.param(json.dumps([FULL]).encode(), id="bytes"),
        pytest.param(f"I looked {{hard}}. {json.dumps({'events': [FULL]})} That is {{all}}.", id="braces around"),
        pytest.param(f"```json\n{json.dumps([FULL])}\n```", id="fence"),
        pytest.param(str([FULL]), id="Python literal"),
    ],
)
def test_wrappers(raw: object) -> None:
    parsed = parse_events(raw)
    assert parsed == parse_events([FULL])
    assert names(parsed) == ["AI Summit"]


@pytest.mark.parametrize(
    "raw",
    [
        None,
        "",
        "  ",
        b"",
        [],
        {},
        {"events": None},
        {"events": {}},
        {"events": []},
        {"reasoning": "none", "events": []},
    ],
    ids=str,
)
def test_nothing_is_nothing(raw: object) -> None:
    assert parse_events(raw) == Parsed()


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("invalid", "no_data"),
        ("I found no events. See [1]", "no_data"),
        ({"error": "rate limited"}, "no_data"),
        (5, "unparseable"),
        ("{" * 10_000_000, "too_large"),
        ([5], "not_an_object"),
        ([None], "not_an_object"),
        ([{"date": "2025-03-15"}], "missing_name"),
        ([{"name": None, "date": "2025-03-15"}], "missing_name"),
        ([{"name": "TBD", "date": "2025-03-15"}], "placeholder"),
        ([{"name": "--"}], "placeholder"),
        ([{"name": "x" * 301}], "name_too_long"),
    ],
)
def test_rejections(raw: object, reason: str) -> None:
    parsed = parse_events(raw)
    assert reasons(parsed) == [reason]
    assert not parsed.items


def test_one_bad_item_costs_no_other() -> None:
    parsed = parse_events(
        [{"name": "A"}, None, 3, {"name": ""}, {"location": "Paris"}, {"name": "B", "date": {"x": []}}, "PyCon 2026"]
    )
    assert names(parsed) == ["A", "B", "PyCon 2026"]
    assert len(parsed.rejected) == 4
    assert parsed.rejected[-1].raw == {"location": "Paris"}


@pytest.mark.parametrize(
    "item",
    [
        {"Event Name": "X", "Start Date": "2025-03-15", "End Date": "2025-03-17", "City": "Berlin",
         "Country": "Germany", "Website URL": "x.org", "Expected Attendees": "5,000+"},
        {"eventName": "X", "startDate": "2025-03-15", "endDate": "2025-03-17", "city": "Berlin", "country": "Germany",
         "websiteUrl": "x.org", "expectedAttendees": "5k"},
        {"event_name": "X", "dates": "March 15-17, 2025", "location": {"city": "Berlin", "country": "Germany"},
         "link": "http://x.org", "attendance": 5000.0},
        {"title": "X", "when": {"start": "2025-03-15", "end": "2025-03-17"}, "where": "Berlin, Germany",
         "url": "https://x.org/", "attendees": "about 5000 people"},
        {"conference": "X", "date": "15.–17. März 2025",
         "venue": {"name": "N/A", "city": "Berlin", "country": "Germany"}, "url": "x.org", "attendees": [5000, 6000]},
        {"name": "X", "date": "March 15-17", "year": "2025", "location": "Berlin, Germany", "website": "x.org",
         "attendees": "5.000"},
    ],
)  # fmt: skip
def test_key_and_value_variants(item: dict[str, object]) -> None:
    (event,) = parse_events([item]).items
    assert (event.name, event.start, event.end) == ("X", date(2025, 3, 15), date(2025, 3, 17))
    assert (event.location.city, event.location.country_code) == ("Berlin", "DE")
    assert (event.attendees, event.venue) == (5000, None)
    assert event.website in {"https://x.org", "http://x.org"}


@pytest.mark.parametrize("value", [None, "", "N/A", "unknown", "TBD", "null", "Not available", [], {}])
def test_unknown_values_keep_the_event(value: object) -> None:
    item = dict.fromkeys(["date", "location", "venue", "website", "attendees", "sponsors", "type", "industry"], value)
    (event,) = parse_events([{"name": "X", **item}]).items
    assert event.start is event.end is event.website is event.attendees is event.venue is event.event_type is None
    assert not event.location
    assert event.sponsors == ()


@pytest.mark.parametrize(
    ("item", "start", "end", "precision"),
    [
        ({"name": "RubyConf 2025"}, "2025-01-01", "2025-12-31", "year"),
        ({"name": "RubyConf", "year": 2025}, "2025-01-01", "2025-12-31", "year"),
        ({"name": "RubyConf 2025", "date": "TBD"}, "2025-01-01", "2025-12-31", "year"),
        ({"name": "RubyConf 2025", "date": "November 18-20"}, "2025-11-18", "2025-11-20", "day"),
        ({"name": "RubyConf", "date": "November 2025"}, "2025-11-01", "2025-11-30", "month"),
        ({"name": "RubyConf 2024", "year": 2024, "date": "2025-11-18"}, "2025-11-18", "2025-11-18", "day"),
        ({"name": "X", "date": "2025-11-18", "end_date": "2025-11-20"}, "2025-11-18", "2025-11-20", "day"),
        ({"name": "X", "startDate": "Nov 18, 2025", "endDate": "Nov 20"}, "2025-11-18", "2025-11-20", "day"),
        ({"name": "X", "start_date": "2025", "date": "2025-11-18"}, "2025-11-18", "2025-11-18", "day"),
        ({"name": "X", "start_date": "2025-11-18", "end_date": "2025"}, "2025-11-18", "2025-11-18", "day"),
        ({"name": "X", "start_date": "30/09/2026", "end_date": "02/10/2026"}, "2026-09-30", "2026-10-02", "day"),
        ({"name": "X", "date": "30/09/2026", "end_date": "02/10/2026"}, "2026-09-30", "2026-10-02", "day"),
        ({"name": "X", "start": "Dec 30, 2026", "end": "Jan 2"}, "2026-12-30", "2027-01-02", "day"),
        ({"name": "X", "start": "Sep 30", "end": "Oct 2, 2026"}, "2026-09-30", "2026-10-02", "day"),
        ({"name": "X 2026", "date": "October 31st through 2nd"}, "2026-10-31", "2026-11-02", "day"),
        ({"name": "X 2026", "date": "Oct 2 - Sep 30"}, "2026-01-01", "2026-12-31", "year"),
        ({"name": "X", "date": "March 3-5, 2027 [1]"}, "2027-03-03", "2027-03-05", "day"),
    ],
)
def test_dates(item: dict[str, object], start: str, end: str, precision: str) -> None:
    (event,) = parse_events([item]).items
    assert (event.start, event.end, event.date_precision) == (
        date.fromisoformat(start),
        date.fromisoformat(end),
        precision,
    )


@pytest.mark.parametrize(
    "item",
    [{"name": "X"}, {"name": "X", "date": "TBD"}, {"name": "X", "date": ""}, {"name": "Room 1984 and 2025 tales"}],
)
def test_no_date_is_invented(item: dict[str, object]) -> None:
    (event,) = parse_events([item]).items
    assert event.start is event.end is event.date_precision is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Acme, Inc., Globex and Initech", ["Acme, Inc.", "Globex", "Initech"]),
        ([{"name": "Acme", "tier": "Gold"}, "Globex", None, 5], ["Acme", "Globex"]),
        ({"Gold": ["Acme"], "Silver": ["Globex"]}, ["Acme", "Globex"]),
        ({"name": "Acme"}, ["Acme"]),
        (["Acme", "ACME Inc."], ["Acme"]),
        (True, []),
        (7, []),
        ("N/A", []),
    ],
    ids=str,
)
def test_sponsors(value: object, expected: list[str]) -> None:
    (event,) = parse_events([{"name": "X", "sponsors": value}]).items
    assert [sponsor.name for sponsor in event.sponsors] == expected


def test_several_values_are_merged_once() -> None:
    lines = (
        '{"name": "A", "date": "2025-03-15"}\n{"name": "B", "date": "2025-03-16"}\n{"name": "A", "date": "2025-03-15"}'
    )
    assert names(parse_events(lines)) == ["A", "B"]


def test_thoughts_are_no_events() -> None:
    assert names(parse_events('<think>{"events": [{"name": "Draft"}]}</think>{"events": [{"name": "A"}]}')) == ["A"]
    assert names(parse_events('<think>{"events": [{"name": "Draft"}]} hm {"events": [{"name": "A"}]}')) == ["A"]


def test_truncation_at_every_byte_keeps_what_was_complete() -> None:
    items = [
        {"name": "Café Conf", "date": "2025-03-15", "sponsors": ["Acme", {"name": "Globex"}]},
        {"name": "Second", "location": {"city": "Berlin"}, "note": 'a "quote" } ]'},
        {"name": "Third", "attendees": 12},
    ]
    text = json.dumps({"reasoning": "because", "events": items}, ensure_ascii=False).encode()
    encoded = [json.dumps(item, ensure_ascii=False).encode() for item in items]
    ends = [text.index(item) + len(item) for item in encoded]
    whole = parse_events(text)
    assert len(whole.items) == 3
    for cut in range(1, len(text)):
        parsed = parse_events(text[:cut])
        assert parsed.items == whole.items[: sum(end <= cut for end in ends)], text[:cut]
        assert "truncated" in reasons(parsed) or cut < 3 or parsed.items == whole.items


def test_one_lost_character_costs_at_most_one_event() -> None:
    items = [{"name": f"Conf {number}", "date": "2025-03-15", "sponsors": ["Acme", "Globex"]} for number in range(6)]
    text = json.dumps({"reasoning": "because", "events": items})
    expected = {item["name"] for item in items}
    for at in range(len(text)):
        found = set(names(parse_events(text[:at] + text[at + 1 :])))
        assert len(found & expected) >= 5, text[at - 9 : at + 9]
        assert len(found - expected) <= 1, text[at - 9 : at + 9]


def test_a_truncated_bare_event_is_rejected() -> None:
    parsed = parse_events('{"name": "A", "date": "2025-03')
    assert (parsed.items, reasons(parsed)) == ([], ["truncated"])


def test_details_carry_no_content() -> None:
    parsed = parse_events([{"name": "N/A", "contact": "jane@acme.com"}, 5, {"date": "jane@acme.com"}])
    assert all("jane" not in item.detail for item in parsed.rejected)


@given(ANYTHING)
def test_never_raises_on_objects(raw: object) -> None:
    parsed = parse_events(raw)
    for event in parsed.items:
        assert event.name.strip()


@given(st.text(max_size=200) | st.binary(max_size=200))
def test_never_raises_on_text(raw: str | bytes) -> None:
    parse_events(raw)


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "name": st.text(min_size=1, max_size=12),
                "date": st.text(max_size=12),
                "attendees": st.integers() | st.none(),
            }
        ),
        max_size=4,
    )
)
def test_text_and_object_agree(items: list[dict[str, object]]) -> None:
    text = json.dumps({"events": items})
    assert parse_events(text).items == parse_events(json.loads(text)).items


@given(st.data())
def test_mutations_never_raise(data: st.DataObject) -> None:
    text = json.dumps({"events": [FULL, FULL]})
    for _ in range(3):
        at = data.draw(st.integers(0, len(text) - 1))
        text = (
            text[:at]
            + data.draw(st.sampled_from(["", '"', "{", "}", "[", "]", ",", ":", "\\", "\n", "```"]))
            + text[at + 1 :]
        )
    parse_events(text)


def test_reads_its_own_output_again() -> None:
    (event,) = parse_events([FULL]).items
    again = {
        "name": event.name,
        "start": str(event.start),
        "end": str(event.end),
        "location": event.location.text,
        "website": event.website,
    }
    (second,) = parse_events([again]).items
    assert (second.name, second.start, second.location, second.website) == (
        event.name,
        event.start,
        event.location,
        event.website,
    )


def test_deeply_nested_objects() -> None:
    value: object = {"name": "A", "date": "2025"}
    for _ in range(50_000):
        value = {"data": [value]}
    parsed = parse_events(value)
    assert not parsed.items
    assert parsed.rejected
