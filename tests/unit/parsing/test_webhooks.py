"""Reports of mail providers, whoever sends them: times, ids, personal data, and payloads of any kind."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prospecting.parsing.records import Parsed
from prospecting.parsing.webhooks import (
    ABOUT_ADDRESS,
    MAX_DEPTH,
    MAX_EVENTS,
    MAX_SIZE,
    TouchpointEvent,
    WebhookFormat,
)
from tests.unit.parsing.bounded import bounded
from tests.unit.parsing.webhook_samples import (
    AT,
    AT_UTC,
    BOUNCE,
    HOSTILE,
    JANE,
    NOW,
    OPEN,
    PLAIN,
    POSTMARK,
    REPLY,
    SENDGRID,
    SUPPRESSED,
    TOUCHPOINT,
    parse,
    read,
    refuse,
)


# ------------------------------------------------------------------------------------------------------------- times
@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2026-01-01T00:00:00Z", AT_UTC),
        ("2026-01-01 02:30:00+02:30", AT_UTC),
        ("2025-12-31T19:00:00.0000009-05:00", AT_UTC),
        ("20260101T000000Z", AT_UTC),
        (AT, AT_UTC),
        (float(AT), AT_UTC),
        (str(AT), AT_UTC),
        (f"{AT}.25", AT_UTC + timedelta(seconds=0.25)),
        ("2000-01-01T00:00:00Z", datetime(2000, 1, 1, tzinfo=UTC)),
        ("2026-06-01T12:10:00Z", NOW + timedelta(minutes=10)),
    ],
)
def test_times(written: Any, expected: datetime) -> None:
    assert read(PLAIN | {"occurred_at": written}).occurred_at == expected


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("2026-01-01T00:00:00", "without an offset"),
        ("2026-01-01", "without an offset"),
        ("01/02/2026 10:00", "unreadable"),
        ("Thu, 1 Jan 2026 01:00:00 +0100", "unreadable"),
        ("٢٠٢٦-٠١-٠١T00:00:00Z", "unreadable"),
        ("", "missing"),
        (None, "missing"),
        (True, "unreadable"),
        ([AT], "unreadable"),
        (10**400, "unreadable"),
        (-(10**30), "unreadable"),
        ("0001-01-01T00:00:00+23:59", "unreadable"),
        ("9" * 5_000, "unreadable"),
        ("1999-12-31T23:59:59Z", "before 2000"),
        (0, "before 2000"),
        (-AT, "before 2000"),
        ("2026-06-01T12:10:01Z", "10 minutes in the future"),
        (AT * 1_000, "future|unreadable"),  # milliseconds
    ],
)
def test_times_that_are_refused(written: Any, problem: str) -> None:
    rejected = refuse([PLAIN | {"occurred_at": written}])
    assert rejected.reason == "bad_time"
    assert any(part in rejected.detail for part in problem.split("|"))


def test_times_may_be_read_already() -> None:
    assert parse(PLAIN | {"occurred_at": AT_UTC}).items[0].occurred_at == AT_UTC
    assert refuse(PLAIN | {"occurred_at": AT_UTC.replace(tzinfo=None)}).reason == "bad_time"
    assert refuse(PLAIN | {"occurred_at": float("inf")}).reason == "bad_time"
    assert refuse(PLAIN | {"occurred_at": float("nan")}).reason == "bad_time"


# --------------------------------------------------------------------------------------------------------------- ids
def test_reports_without_an_id_get_one_that_stays() -> None:
    """These ids are stored: another way of making them would take every report for a new one."""
    event = read(POSTMARK | OPEN, "postmark")
    assert event.event_id == "d260814163faea5b3a64adff46e0539a923375ca12908e67b1fcca3930bb7c6b"
    unknown = read({"kind": "bounced", "occurred_at": AT, "recipient": JANE})
    assert unknown.event_id == "9e9ff601bd053733804226ce3c69c4d863b94cdb3b469c8a68edcf18bb96b250"


def test_the_id_depends_on_message_touchpoint_kind_time_and_link() -> None:
    clicked = PLAIN | {"kind": "clicked", "url": "https://acme.com/a", "recipient": JANE}
    others = [
        {},
        {"message_id": "m2"},
        {"touchpoint_id": TOUCHPOINT},
        {"message_id": None, "touchpoint_id": TOUCHPOINT},
        {"kind": "opened"},
        {"occurred_at": "2026-01-01T00:00:00.000001Z"},
        {"url": "https://acme.com/b"},
    ]
    ids = [read(clicked | other).event_id for other in others]
    assert len(set(ids)) == len(ids)
    same = [{"occurred_at": "2026-01-01T05:00:00+05:00"}, {"occurred_at": AT}, {"reason": "x"}, {"other": 1}]
    assert {read(clicked | other).event_id for other in same} == {ids[0]}
    # Whoever is erased must not be found again by trying addresses.
    assert read(clicked | {"recipient": "john@acme.com"}).event_id == ids[0]
    bounced = {"kind": "bounced", "occurred_at": AT}
    assert len({read(bounced | {"recipient": who}).event_id for who in (JANE, "john@acme.com")}) == 2


@pytest.mark.parametrize("given_id", ["", " ", None, True, 1.5, [], {}, "two words", 10**30])
def test_what_is_no_id_counts_as_none(given_id: Any) -> None:
    assert read(PLAIN | {"event_id": given_id}).event_id == read(PLAIN).event_id


def test_ids_are_bounded_and_storable() -> None:
    long = [read(PLAIN | {"event_id": "e" * 300 + end, "message_id": "m" * 5_000}) for end in ("", "1", "2")]
    assert [len(event.event_id) for event in long] == [300, 64, 64]
    assert len({event.event_id for event in long}) == 3
    assert long[0].message_id is not None
    assert len(long[0].message_id) == 64
    strange = read(PLAIN | {"event_id": "a\x00b\ud800c\u200bd", "message_id": "\ufeff<m1>"})
    assert (strange.event_id, strange.message_id) == ("a\ufffdb\ufffdcd", "m1")


# ---------------------------------------------------------------------------------------------------- personal data
@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("550 5.1.1 <jane.doe@acme.com>: user unknown", "550 5.1.1 <(address)>: user unknown"),
        ("550 Recipient jane.doe@acme.com not found", "550 Recipient (address) not found"),
        ("550 no mailbox here by the name of Jane.Doe.", "550 no mailbox here by the name of (address)."),
        ("550 jane.doette is somebody else", "550 jane.doette is somebody else"),
        ("rejected: john@globex.com, to=<jim@globex.com>", "rejected: (address), to=<(address)>"),
        ("bounces+jane=acme.com@mail.globex.com expired", "(address) expired"),
        ('"jane doe"@acme.com is gone', "(address) is gone"),
        ("see https://acme.com/?u=jane%40acme.com", "see (address)"),
        ("jane&#64;acme.com is full", "(address) is full"),
        ("jan\u200be@acme.com is\n\tfull\x00", "(address) is full\ufffd"),
        ("jane＠acme.com", "(address)"),
        ("  421   later ", "421 later"),
        ("N/A", None),
        ("", None),
        (550, None),
        (None, None),
    ],
)
def test_reasons_are_kept_without_addresses(told: Any, kept: str | None) -> None:
    assert read(PLAIN | {"kind": "bounced", "reason": told, "recipient": JANE}).reason == kept


def test_long_reasons_are_cut_and_no_half_address_stays() -> None:
    for filler in ("x" * 490 + " ", "x" * 7_992 + " ", "john@globex.com " * 500, ""):
        reason = read(PLAIN | {"reason": filler + "jane.doe@acme.com " * 900}).reason
        assert reason is not None
        assert len(reason) <= 500
        assert "jane" not in reason
        assert "john" not in reason
    assert read(PLAIN | {"reason": "x" * 100_000}).reason is None


def test_a_shared_mailbox_is_a_word_like_others() -> None:
    event = read(PLAIN | {"reason": "550 mail refused, see info page", "recipient": "info@acme.com"})
    assert event.reason == "550 mail refused, see info page"


@pytest.mark.parametrize(
    ("given_link", "kept"),
    [
        ("https://acme.com/a?b=c#d", "https://acme.com/a?b=c#d"),
        ("HTTP://ACME.com", "HTTP://ACME.com"),
        ("https://acme.com/u?e=jane.doe@acme.com&x=1", "https://acme.com/u?e=(address)&x=1"),
        ("https://acme.com/u?e=jane.doe%40acme.com#top", "https://acme.com/u?e=(address)#top"),
        ("https://acme.com/r?to=https%3A%2F%2Fx.com%3Fe%3Djane%2540acme.com", "https://acme.com/r?to=(address)"),
        ("https://jane:secret@acme.com/a", "https://(address)/a"),
        ("https://medium.com/@acme/post", "https://medium.com/@acme/post"),
        ("https://acme.com/" + "a" * 1_000 + "?" + "b" * 1_000, "https://acme.com/" + "a" * 1_000),
        ("https://acme.com/" + "a" * 2_000, None),
        ("https://acme.com/" + "a" * 60_000, None),
        ("https://acme.com/a b", None),
        ("javascript:alert(1)", None),
        ("mailto:jane.doe@acme.com", None),
        ("acme.com", None),
        (17, None),
        (None, None),
    ],
)
def test_links_are_kept_without_addresses(given_link: Any, kept: str | None) -> None:
    assert read(PLAIN | {"kind": "clicked", "url": given_link}).url == kept


def test_a_rejection_says_which_event_it_was_and_nothing_of_it() -> None:
    rejected = parse(
        [SENDGRID, SENDGRID | {"event": "group_resubscribe", "jane.doe@acme.com": "x"}, 17], "sendgrid"
    ).rejected
    assert [entry.raw for entry in rejected] == [
        {
            "event": 2,
            "kind": "group_resubscribe",
            "fields": [
                "category", "email", "event", "response", "sg_event_id", "sg_message_id", "smtp-id", "timestamp",
            ],
            "other_fields": 1,
        },
        {"event": 3},
    ]  # fmt: skip
    assert refuse(POSTMARK | BOUNCE | {"Type": "AutoResponder"}, "postmark").raw["kind"] == "Bounce AutoResponder"
    assert refuse(POSTMARK | BOUNCE | {"RecordType": JANE}, "postmark").raw["kind"] is None


# ---------------------------------------------------------------------------------------------------------- payloads
def test_payloads_of_all_shapes() -> None:
    (event,) = parse(PLAIN).items
    text = json.dumps(PLAIN)
    for raw in (text, text.encode(), bytearray(text.encode()), memoryview(text.encode()), f"\ufeff\n {text}\r\n"):
        assert parse(raw).items == [event]
    for raw in ([PLAIN, PLAIN], (PLAIN, PLAIN), f"[{text}, {text}]", f"{text}\n{text}\n", f"\r\n{text}\r\n\r\n{text}"):
        assert parse(raw).items == [event, event]
    assert parse(json.dumps(PLAIN, indent=2)).items == [event]
    for raw in ([], "[]", "", " \n", b""):
        assert parse(raw) == Parsed()


@pytest.mark.parametrize("format", ["sendgrid", "postmark"])
@pytest.mark.parametrize("raw", ["", '{"a": 1}\n{"a": 2}', "nothing", "[{]", '{"a": 1', '{"a": 1,}', "{'a': 1}"])
def test_only_plain_payloads_may_be_lines(raw: str, format: str) -> None:
    rejected = refuse(raw, format)
    assert (rejected.reason, rejected.raw) == ("unparseable", None)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("nothing", "unparseable"),
        ("[1, 2", "unparseable"),
        ('[\n{"kind": "opened"},\n{"kind": "opened"}\n', "unparseable"),
        ('{\n"kind": "opened",\n', "unparseable"),
        ('{"kind": NaN}', "unparseable"),
        ('[{"kind": -Infinity}]', "unparseable"),
        ('{"kind": "a\x01b"}', "unparseable"),
        ('{"kind": ' + "1" * 5_000 + "}", "unparseable"),
        ("{'kind': 'opened'}", "unparseable"),
        (b'{"kind": "\xff"}', "unparseable"),
        (json.dumps(PLAIN).encode("utf-16"), "unparseable"),
        ("17", "not_an_object"),
        ('"text"', "not_an_object"),
        ("null", "not_an_object"),
        (None, "unsupported"),
        (17, "unsupported"),
        ({1}, "unsupported"),
    ],
    ids=repr,
)
def test_payloads_that_are_refused(raw: object, reason: str) -> None:
    assert refuse(raw).reason == reason


def test_a_bad_line_or_event_costs_itself_alone() -> None:
    text = json.dumps(PLAIN)
    deep = '{"a": ' + "[" * MAX_DEPTH + "]" * MAX_DEPTH + "}"
    parsed = parse("\n".join([text, "garbage", text, '{"kind": "ope', deep, '{"kind": NaN}', "17", text[:-1]]))
    assert len(parsed.items) == 2
    assert [(entry.reason, entry.raw["event"]) for entry in parsed.rejected] == [
        ("unparseable", 2),
        ("unparseable", 4),
        ("too_deep", 5),
        ("unparseable", 6),
        ("not_an_object", 7),
        ("unparseable", 8),
    ]
    mixed = parse([SENDGRID, {}, SENDGRID | {"timestamp": None}, None, SENDGRID], "sendgrid")
    assert [len(mixed.items), [entry.reason for entry in mixed.rejected]] == [
        2,
        ["no_kind", "bad_time", "not_an_object"],
    ]


@pytest.mark.parametrize(
    "twice",
    [
        '"RecordType": "Open", "RecordType": "Click"',
        '"RecordType": "Open", "MessageID": "a", "MessageID": "a"',
        '"RecordType": "Open", "Metadata": {"touchpoint_id": "a", "touchpoint_id": "b"}',
        '"RecordType": "Open", "Headers": [[{"Name": "a", "Name": "b"}]]',
    ],
)
def test_a_key_given_twice_costs_its_event_alone(twice: str) -> None:
    good = json.dumps(POSTMARK | OPEN)
    parsed = parse(f'[{good}, {{{twice}, "ReceivedAt": "2026-01-01T00:00:00Z"}}, {good}]', "postmark")
    assert len(parsed.items) == 2
    assert [(entry.reason, entry.raw["event"]) for entry in parsed.rejected] == [("duplicate_key", 2)]


def test_nesting_is_bounded_and_brackets_in_texts_are_none() -> None:
    texts = json.dumps(PLAIN | {"other": '[{"\\' * 100})
    assert len(parse(texts).items) == 1
    fits = "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1)
    assert len(parse(json.dumps(PLAIN)[:-1] + f', "other": {fits}}}').items) == 1
    assert refuse(json.dumps([PLAIN])[:-2] + f', "other": {fits}}}]', "sendgrid").reason == "too_deep"


def test_large_payloads_are_refused_as_a_whole() -> None:
    for raw in (" " * (MAX_SIZE + 1), b" " * (MAX_SIZE + 1), memoryview(b" " * (MAX_SIZE + 1))):
        rejected = refuse(raw)
        assert (rejected.reason, rejected.raw) == ("too_large", None)
        assert "8,000,000" in rejected.detail
        assert "smaller batches" in rejected.detail
    assert parse(json.dumps(PLAIN).ljust(MAX_SIZE)).rejected == []
    line = '{"kind":"opened"}\n'
    for raw in ([PLAIN] * (MAX_EVENTS + 1), line * (MAX_EVENTS + 1), f"[{'1,' * MAX_EVENTS}1]"):
        rejected = refuse(raw)
        assert (rejected.reason, rejected.raw) == ("too_many", None)
        assert "50,000" in rejected.detail
        assert "smaller batches" in rejected.detail
    assert len(parse([17] * MAX_EVENTS).rejected) == MAX_EVENTS


@pytest.mark.parametrize(
    "text",
    [
        "[" * HOSTILE,
        '{"a":' * (HOSTILE // 5),
        '\\"' * (HOSTILE // 2),
        '"' + "\\" * (HOSTILE - 1),
        "[" + '"' * (HOSTILE - 1),
        '{"kind": "bounced", "reason": "' + '@\\"' * (HOSTILE // 4) + '"}',
        '{"kind": "opened", "message_id": "' + " " * (HOSTILE - 40) + '"}',
        "{}\n" * (HOSTILE // 3),
        "{" + "\n" * (HOSTILE - 2) + "}",
    ],
    ids=lambda text: text[:12],
)
def test_hostile_payloads_take_no_time(text: str) -> None:
    with bounded():
        assert parse(text).items == []


def test_large_batches_take_no_time() -> None:
    text = json.dumps([SENDGRID | {"reason": "550 <jane.doe@acme.com> " * 3, "event": "bounce"}] * 4_000)
    with bounded():
        assert len(parse(text, "sendgrid").items) == 4_000


def test_what_the_caller_gets_wrong() -> None:
    with pytest.raises(ValueError, match="sendgrid, postmark, plain"):
        parse([], "mailgun")
    with pytest.raises(ValueError, match=r"time zone; give datetime.now\(UTC\)"):
        parse([], now=NOW.replace(tzinfo=None))


# -------------------------------------------------------------------------------------------------------- properties
FORMATS = st.sampled_from(list(WebhookFormat))
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=30)
    | st.sampled_from([JANE, TOUCHPOINT, AT, "2026-01-01T00:00:00Z", "opened", "bounce", "HardBounce", "Inbound", "<>"])
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["Name", "Value", "touchpoint_id", "Email"]) | st.text(max_size=5), inner)
    ),
    max_leaves=8,
)
KEYS = sorted({*SENDGRID, *POSTMARK, *OPEN, *BOUNCE, *SUPPRESSED, *REPLY, *PLAIN, "event_id", "url", "reason", "type"})
SAMPLES: list[tuple[WebhookFormat, dict[str, Any]]] = [
    *((WebhookFormat.SENDGRID, SENDGRID | {"event": name}) for name in ("open", "click", "bounce", "dropped")),
    *((WebhookFormat.POSTMARK, POSTMARK | record) for record in (OPEN, BOUNCE, SUPPRESSED)),
    (WebhookFormat.POSTMARK, REPLY),
    *((WebhookFormat.PLAIN, PLAIN | {"kind": kind, "recipient": JANE}) for kind in ("opened", "bounced")),
]
DAMAGED = st.tuples(st.sampled_from(SAMPLES), st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=3)).map(
    lambda drawn: (drawn[0][0], drawn[0][1] | drawn[1])
)


def is_json(text: str) -> bool:
    try:
        json.loads(text, parse_constant=int)  # int("NaN") fails
    except ValueError:
        return False
    return True


def in_all(parsed: Parsed[TouchpointEvent]) -> int:
    return len(parsed.items) + len(parsed.rejected)


@given(FORMATS, VALUES | st.binary(max_size=80) | st.binary(max_size=80).map(bytearray))
def test_nothing_raises(format: WebhookFormat, raw: object) -> None:
    parsed = parse(raw, format)
    # NaN is a float like any other in what was read already: compare what came of it.
    assert repr(parse(raw, format)) == repr(parsed)
    if isinstance(raw, list):
        assert in_all(parsed) == len(raw)
    assert in_all(parsed) <= max(1, len(raw) if isinstance(raw, (list, str, bytes, bytearray)) else 1)


@given(st.lists(DAMAGED, min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_every_event_is_read_or_refused(drawn: list[tuple[WebhookFormat, dict[str, Any]]], rng: random.Random) -> None:
    format = drawn[0][0]
    items = [item for _, item in drawn]
    parsed = parse(items, format)
    assert in_all(parsed) == len(items)
    # The same twice, and with its keys in another order, is the same.
    shuffled = [dict(rng.sample(list(item.items()), len(item))) for item in items]
    assert parse(items + shuffled, format).items == parsed.items * 2
    for event in parsed.items:
        assert event.event_id
        assert event.message_id or event.touchpoint_id or (event.recipient and event.kind in ABOUT_ADDRESS)
        assert datetime(2000, 1, 1, tzinfo=UTC) <= event.occurred_at <= NOW + timedelta(minutes=10)
        assert event.occurred_at.utcoffset() == timedelta(0)
        stored = [event.event_id, event.message_id, event.recipient, event.url, event.reason]
        for text in filter(None, stored):
            assert len(text) <= 2_000
            assert "\x00" not in text
            text.encode()  # no lone surrogates
        for text in filter(None, (event.url, event.reason)):
            assert "jane" not in text.lower()
    for rejected in parsed.rejected:
        assert "jane" not in repr(rejected).lower()
        assert "acme" not in repr(rejected).lower()


@given(DAMAGED, st.integers(0, 200), st.sampled_from(["", "}", "]", '"', ",", "\\", "\n", "NaN", "{"]))
def test_broken_text_is_refused_and_never_mended(
    drawn: tuple[WebhookFormat, dict[str, Any]], place: int, put: str
) -> None:
    format, item = drawn
    text = json.dumps(item)
    place %= len(text)
    broken = text[:place] + put + text[place + 1 :]
    parsed = parse(broken, format)
    if not is_json(broken):
        assert parsed.items == []
        assert "unparseable" in {entry.reason for entry in parsed.rejected}
    assert in_all(parsed) == 1 or format is WebhookFormat.PLAIN
