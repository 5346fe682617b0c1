"""Recording payloads of mail providers: chunk by chunk, each provider's own format, and what cannot be read.

All payloads are made up, in the shapes that the providers document.
"""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine

from prospecting.parsing.webhooks import MAX_SIZE
from prospecting.persistence.database import unit_of_work
from prospecting.persistence.suppressions import reasons
from prospecting.services.interruption import Interrupted
from prospecting.services.runtime import Runtime
from prospecting.services.touchpoint_events import (
    EventFile,
    EventRecording,
    Recorded,
    UnreadablePayload,
    record_payload,
)
from tests.db.engaging import add_contact, add_conversation, add_touchpoint
from tests.db.factories import add_companies, count, hours, stored, versions

ADA = "ada.marker@acme.com"
FIRST_HOUR = 1767229200  # of 2026 in UTC, hours(1)

SENDGRID = [
    {"event": kind, "email": ADA, "timestamp": FIRST_HOUR, "sg_event_id": f"sg-{kind}", "sg_message_id": "m1.filter001",
     **more}
    for kind, more in (
        ("processed", {}),
        ("delivered", {"response": "250 OK"}),
        ("open", {}),
        ("click", {"url": "https://acme.com/pricing"}),
        ("group_unsubscribe", {"asm_group_id": 10}),
        ("group_resubscribe", {"asm_group_id": 10}),  # nothing follows from it
    )
]  # fmt: skip
POSTMARK = [
    {"RecordType": "Delivery", "MessageID": "m1", "Recipient": ADA, "DeliveredAt": "2026-01-01T01:00:00Z"},
    {"RecordType": "Open", "MessageID": "m1", "Recipient": ADA, "ReceivedAt": "2026-01-01T01:00:00Z"},
    {"RecordType": "SpamComplaint", "ID": 7, "MessageID": "m1", "Email": ADA, "BouncedAt": "2026-01-01T01:00:00Z"},
]
PLAIN = "\n".join(
    json.dumps({"kind": kind, "occurred_at": "2026-01-01T01:00:00Z", "message_id": "m1", "recipient": ADA})
    for kind in ("delivered", "opened", "replied", "bounced")
)


@pytest.fixture
def runtime(engine: Engine) -> Runtime:
    return Runtime(engine)


def send(engine: Engine, provider: str, *message_ids: str) -> None:
    """Mails to Ada."""
    with unit_of_work(engine) as connection:
        company_id = add_companies(connection, "Acme")[0]
        conversation = add_conversation(connection, add_contact(connection, company_id, email=ADA), company_id)
        for message_id in message_ids:
            add_touchpoint(connection, conversation, sent_at=hours(0), provider=provider, email_message_id=message_id)


def left(engine: Engine) -> dict[str, Any]:
    with unit_of_work(engine) as connection:
        (touchpoint,) = stored(connection, "touchpoints", "outcome, opened_at, delivered_at, clicked_at, replied_at")
        return {**touchpoint, "reasons": reasons(connection, [ADA])}


@pytest.mark.parametrize(
    ("format", "payload", "recorded", "expected"),
    [
        ("sendgrid", json.dumps(SENDGRID), Recorded(1, events=6, new=5, applied=5, ignored=1),
         {"outcome": "clicked", "clicked_at": hours(1), "reasons": {ADA: "unsubscribed"}}),
        ("postmark", json.dumps(POSTMARK), Recorded(1, events=3, new=3, applied=3),
         {"outcome": "opened", "reasons": {ADA: "complained"}}),
        ("plain", PLAIN, Recorded(1, events=4, new=4, applied=4),
         {"outcome": "replied", "replied_at": hours(1), "reasons": {ADA: "bounced"}}),
    ],
)  # fmt: skip
def test_each_format(
    runtime: Runtime, engine: Engine, format: str, payload: str, recorded: Recorded, expected: dict[str, Any]
) -> None:
    send(engine, "ours", "m1")
    assert record_payload(runtime, payload.encode(), provider="ours", format=format) == recorded
    found = left(engine)
    assert found == {
        "opened_at": hours(1), "delivered_at": hours(1), "clicked_at": None, "replied_at": None, **expected,
    }  # fmt: skip
    before = everything(engine)
    again = record_payload(runtime, payload.encode(), provider="ours", format=format, chunk_size=2)
    assert again == Recorded(1, events=recorded.events, known=recorded.new, ignored=recorded.ignored)
    assert everything(engine) == before


def everything(engine: Engine) -> dict[str, Any]:
    with engine.connect() as connection:
        return versions(connection)


def files(**contents: bytes | Exception) -> list[EventFile]:
    def reader(content: bytes | Exception) -> Callable[[], bytes]:
        def read() -> bytes:
            if isinstance(content, Exception):
                raise content
            return content

        return read

    return [EventFile(f"{name}.json", reader(content)) for name, content in contents.items()]


def test_a_file_that_cannot_be_read_costs_only_itself(runtime: Runtime, engine: Engine) -> None:
    send(engine, "ours", "m1")
    good = {"kind": "opened", "occurred_at": "2026-01-01T01:00:00Z", "message_id": "m1"}
    found = files(
        large=b"[" + b" " * MAX_SIZE + b"]",
        broken=b'[{"secret@acme.com": ',
        bare=b"17",
        gone=UnreadablePayload("gone", "It is gone."),
        good=json.dumps([
            good,
            good | {"recipient": "secret@evil.com", "event_id": "made-up"},
            good | {"kind": "seen"},
            good | {"occurred_at": "secret@acme.com"},
            ["secret@acme.com"],
        ]).encode(),
    )  # fmt: skip
    recording = EventRecording(runtime, provider="ours", format="plain", chunk_size=10)
    total = recording.record(found)
    assert total == Recorded(5, 4, events=5, new=1, applied=1, refused=1, rejected=3)
    assert total.error_share == 4 / 5
    assert [problem.partition(": ")[0] for problem in recording.problems] == [
        "large.json", "broken.json", "bare.json", "gone.json",
    ]  # fmt: skip
    assert f"more than {MAX_SIZE:,}" in recording.problems[0]
    with engine.connect() as connection:
        rows = stored(connection, "rejected_records", order="source, reason")
    assert [(row["source"], row["record_type"], row["stage"], row["reason"]) for row in rows] == [
        ("ours: bare.json", "touchpoint_events", "parse", "not_an_object"),
        ("ours: broken.json", "touchpoint_events", "parse", "unparseable"),
        ("ours: gone.json", "touchpoint_events", "parse", "gone"),
        ("ours: good.json", "touchpoint_event", "parse", "bad_time"),
        ("ours: good.json", "touchpoint_event", "parse", "no_kind"),
        ("ours: good.json", "touchpoint_event", "parse", "not_an_object"),
        ("ours: good.json", "touchpoint_event", "save", "other_recipient"),
        ("ours: large.json", "touchpoint_events", "parse", "too_large"),
    ]
    assert "secret" not in str([rows, recording.problems])

    with pytest.raises(UnreadablePayload, match="not valid JSON"):
        record_payload(runtime, b"{", provider="ours", format="plain")
    with pytest.raises(ValueError, match="Unknown format of webhooks"):
        record_payload(runtime, b"[]", provider="ours", format="secret")


def test_many_events_from_which_nothing_follows_are_one_record(runtime: Runtime, engine: Engine) -> None:
    opened = {**SENDGRID[2], "sg_machine_open": True}
    payload = [opened | {"sg_event_id": f"e{number}"} for number in range(300)]
    assert record_payload(runtime, payload, provider="ours", format="sendgrid") == Recorded(1, events=300, ignored=300)
    with engine.connect() as connection:
        (row,) = stored(connection, "rejected_records", "stage, reason, raw, source")
    assert row == {"stage": "filter", "reason": "automatic", "raw": {"kind": "open", "count": 300}, "source": "ours"}


def test_a_killed_recording_is_completed_by_the_next(runtime: Runtime, engine: Engine) -> None:
    payload = [
        {"kind": "opened", "occurred_at": "2026-01-01T01:00:00Z", "message_id": f"m{number}"} for number in range(50)
    ]
    send(engine, "ours", *(f"m{number}" for number in range(50)))
    content = json.dumps(payload).encode()
    stopped = EventRecording(runtime, provider="ours", format="plain", chunk_size=10)

    def read_and_kill() -> bytes:
        stopped.stop()
        return content

    with pytest.raises(Interrupted):
        stopped.record([EventFile("one.json", read_and_kill)])
    with pytest.raises(Interrupted):
        stopped.record(files(gone=UnreadablePayload("gone", "It is gone.")))
    chunks = iter([None, None])

    def proceed() -> None:
        if next(chunks, "killed"):
            raise Interrupted("killed")

    with pytest.raises(Interrupted):
        record_payload(runtime, content, provider="ours", format="plain", chunk_size=10, proceed=proceed)
    with engine.connect() as connection:
        assert count(connection, "touchpoint_events") == 20
    done = EventRecording(runtime, provider="ours", format="plain", chunk_size=10).record(files(one=content))
    assert done == Recorded(1, events=50, new=30, known=20, applied=30)


def test_many_files_take_no_more_memory_than_one(runtime: Runtime) -> None:
    content = json.dumps(
        [{"kind": "sent", "occurred_at": "2026-01-01T01:00:00Z", "message_id": f"m{n}"} for n in range(300)]
    ).encode()

    def peak(number: int) -> int:
        recording = EventRecording(runtime, provider="ours", format="plain", chunk_size=300)
        tracemalloc.start()
        recording.record(EventFile(f"{file}.json", lambda: content) for file in range(number))
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    peak(1)
    assert peak(5) < 1.5 * peak(1)
