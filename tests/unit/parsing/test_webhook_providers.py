"""Each mail provider's reports, and how they are understood."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from prospecting.parsing.webhooks import (
    ABOUT_ADDRESS,
    EventKind,
    TouchpointEvent,
)
from tests.unit.parsing.webhook_samples import (
    AT,
    AT_UTC,
    BOUNCE,
    JANE,
    MESSAGE,
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


# ---------------------------------------------------------------------------------------------------------- SendGrid
def test_a_sendgrid_event() -> None:
    clicked = SENDGRID | {"event": "click", "url": "https://acme.com/pricing?plan=a", "touchpoint_id": TOUCHPOINT}
    event = read(clicked, "sendgrid")
    assert event == TouchpointEvent(
        event_id="rWVYmVk90MjZJ9iohOBa3w",
        kind=EventKind.CLICKED,
        occurred_at=AT_UTC,
        message_id="XBg2anf2TqCy6WXKQFhieQ",
        touchpoint_id=UUID(TOUCHPOINT),
        recipient=JANE,
        url="https://acme.com/pricing?plan=a",
    )
    assert event.occurred_at.utcoffset() == timedelta(0)
    assert JANE not in repr(event)
    with pytest.raises(ValidationError, match="frozen"):
        event.url = None


@pytest.mark.parametrize(
    ("changes", "kind", "reason"),
    [
        ({"event": "processed"}, "sent", None),
        ({"event": "delivered"}, "delivered", None),
        ({"event": "deferred", "response": "400 try again later"}, "deferred", "400 try again later"),
        ({"event": "open", "sg_machine_open": False}, "opened", None),
        ({"event": "bounce", "type": "bounce", "reason": "500 unknown recipient"}, "bounced", "500 unknown recipient"),
        ({"event": "bounce", "reason": "550 gone", "status": "5.1.1"}, "bounced", "550 gone"),
        ({"event": "bounce", "type": "blocked", "reason": "554 listed"}, "deferred", "554 listed"),
        (
            {"event": "bounce", "type": "expired", "reason": "unable to get mx info"},
            "deferred",
            "unable to get mx info",
        ),
        ({"event": "dropped", "reason": "Bounced Address"}, "failed", "Bounced Address"),
        ({"event": "spamreport"}, "complained", None),
        ({"event": "unsubscribe"}, "unsubscribed", None),
        ({"event": "group_unsubscribe", "asm_group_id": 10, "url": "https://acme.com/"}, "unsubscribed", None),
    ],
)
def test_kinds_of_sendgrid_events(changes: dict[str, Any], kind: str, reason: str | None) -> None:
    event = read({key: value for key, value in SENDGRID.items() if key != "response"} | changes, "sendgrid")
    assert (event.kind, event.reason, event.url) == (kind, reason, None)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"event": "group_resubscribe"}, "not_supported"),
        ({"event": "account_status_change"}, "not_supported"),
        ({"event": "Open"}, "not_supported"),
        ({"event": "open", "sg_machine_open": True}, "automatic"),
        ({"event": None}, "no_kind"),
        ({"event": ["open"]}, "no_kind"),
        ({"timestamp": "yesterday"}, "bad_time"),
        ({"sg_message_id": "", "smtp-id": ""}, "no_message"),
        ({"event": "bounce", "sg_message_id": "", "smtp-id": "", "email": "not an address"}, "no_message"),
    ],
)
def test_sendgrid_events_that_are_refused(changes: dict[str, Any], reason: str) -> None:
    assert refuse([SENDGRID | changes], "sendgrid").reason == reason


@pytest.mark.parametrize(
    ("ids", "message_id"),
    [
        ({}, "XBg2anf2TqCy6WXKQFhieQ"),
        ({"sg_message_id": "XBg2anf2TqCy6WXKQFhieQ.filter0905p1mdw1-4434-59E0C6FF-3.0"}, "XBg2anf2TqCy6WXKQFhieQ"),
        ({"sg_message_id": "XBg2anf2TqCy6WXKQFhieQ"}, "XBg2anf2TqCy6WXKQFhieQ"),
        ({"sg_message_id": ""}, "XBg2anf2TqCy6WXKQFhieQ"),
        ({"sg_message_id": ".0"}, "XBg2anf2TqCy6WXKQFhieQ"),
        ({"sg_message_id": None, "smtp-id": "<14c5d75ce93.dfd.64b469@ismtpd-555>"}, "14c5d75ce93"),
        # Sent by SMTP with an id of its own.
        ({"sg_message_id": None, "smtp-id": "<870b.3a2a@forum.acme.com>"}, "870b.3a2a@forum.acme.com"),
        ({"sg_message_id": None, "smtp-id": "<@ismtpd>"}, "@ismtpd"),
    ],
)
def test_the_message_of_a_sendgrid_event(ids: dict[str, Any], message_id: str) -> None:
    assert read(SENDGRID | ids, "sendgrid").message_id == message_id


@pytest.mark.parametrize("field", ["unique_args", "custom_args"])
def test_custom_arguments_of_sendgrid_may_be_nested(field: str) -> None:
    assert read(SENDGRID | {field: {"touchpoint_id": TOUCHPOINT}}, "sendgrid").touchpoint_id == UUID(TOUCHPOINT)
    for other in ({"touchpoint_id": "17"}, {"touchpoint_id": 17}, {}, "text", None):
        assert read(SENDGRID | {field: other, "touchpoint_id": "step 3"}, "sendgrid").touchpoint_id is None


@pytest.mark.parametrize("name", ["bounce", "spamreport", "unsubscribe"])
def test_what_is_known_of_an_address_counts_without_a_message(name: str) -> None:
    """A bounce that comes late has no message id."""
    event = read({"email": JANE, "timestamp": AT, "event": name, "sg_message_id": "", "sg_event_id": "e"}, "sendgrid")
    assert (event.message_id, event.touchpoint_id, event.recipient) == (None, None, JANE)
    assert event.kind in ABOUT_ADDRESS


# ---------------------------------------------------------------------------------------------------------- Postmark
def test_a_postmark_event() -> None:
    link = {
        "RecordType": "Click",
        "OriginalLink": "https://acme.com/pricing",
        "ReceivedAt": "2026-01-01T01:00:00+01:00",
    }
    event = read(POSTMARK | link | {"Recipient": "Jane.Doe@Acme.com"}, "postmark")
    assert event == TouchpointEvent(
        event_id=event.event_id,
        kind=EventKind.CLICKED,
        occurred_at=AT_UTC,
        message_id=MESSAGE,
        touchpoint_id=UUID(TOUCHPOINT),
        recipient=JANE,
        url="https://acme.com/pricing",
    )
    assert len(event.event_id) == 64


@pytest.mark.parametrize(
    ("record", "kind", "event_id", "reason"),
    [
        ({"RecordType": "Delivery", "DeliveredAt": "2026-01-01T00:00:00Z", "Details": "OK"}, "delivered", None, None),
        (OPEN, "opened", None, None),
        (BOUNCE, "bounced", "Bounce:4323372036854775807", f"HardBounce: {BOUNCE['Details']}"),
        (BOUNCE | {"Details": ""}, "bounced", "Bounce:4323372036854775807", f"HardBounce: {BOUNCE['Description']}"),
        (
            BOUNCE | {"RecordType": "SpamComplaint", "ID": 42, "Type": "SpamComplaint"},
            "complained",
            "SpamComplaint:42",
            None,
        ),
        (SUPPRESSED, "unsubscribed", None, "ManualSuppression: Recipient"),
        (SUPPRESSED | {"SuppressionReason": "HardBounce"}, "bounced", None, "HardBounce: Recipient"),
        (SUPPRESSED | {"SuppressionReason": "SpamComplaint"}, "complained", None, "SpamComplaint: Recipient"),
    ],
)
def test_kinds_of_postmark_events(record: dict[str, Any], kind: str, event_id: str | None, reason: str | None) -> None:
    event = read(POSTMARK | record, "postmark")
    assert (event.kind, event.message_id, event.reason) == (kind, MESSAGE, reason)
    assert event.touchpoint_id == UUID(TOUCHPOINT)
    assert event.occurred_at.replace(microsecond=0) == AT_UTC
    assert event.event_id == event_id or (event_id is None and len(event.event_id) == 64)


@pytest.mark.parametrize(
    ("kind", "types"),
    [
        ("bounced", ["HardBounce", "BadEmailAddress"]),
        ("deferred", ["SoftBounce", "Transient", "DnsError", "Blocked", "SpamNotification", "Unknown"]),
        ("failed", ["ManuallyDeactivated", "SMTPApiError", "DMARCPolicy", "VirusNotification", "Unconfirmed"]),
        ("complained", ["SpamComplaint"]),
        ("unsubscribed", ["Unsubscribe"]),
        (
            None,
            ["Subscribe", "AutoResponder", "AddressChange", "ChallengeVerification", "InboundError", "New", 1, None],
        ),
    ],
)
def test_types_of_bounces(kind: str | None, types: list[Any]) -> None:
    for name in types:
        parsed = parse(POSTMARK | BOUNCE | {"Type": name}, "postmark")
        assert [event.kind for event in parsed.items] == ([kind] if kind else [])
        assert [rejected.reason for rejected in parsed.rejected] == ([] if kind else ["not_supported"])


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (SUPPRESSED | {"SuppressSending": False, "SuppressionReason": None}, "not_supported"),
        (SUPPRESSED | {"SuppressSending": "true"}, "not_supported"),
        (SUPPRESSED | {"SuppressionReason": "Boredom"}, "not_supported"),
        ({"RecordType": "Link", "ReceivedAt": "2026-01-01T00:00:00Z"}, "not_supported"),
        ({"RecordType": 5}, "no_kind"),
        ({}, "no_kind"),
        (OPEN | {"ReceivedAt": "2026-01-01T00:00:00"}, "bad_time"),
        (OPEN | {"MessageID": "00000000-0000-0000-0000-000000000000", "Metadata": {}}, "no_message"),
        (REPLY | {"MessageID": ""} | {"From": "", "FromFull": {}, "Headers": []}, "no_message"),
        (REPLY | {"Headers": None}, "no_kind"),
    ],
)
def test_postmark_events_that_are_refused(record: dict[str, Any], reason: str) -> None:
    base = {} if "Headers" in record else POSTMARK
    assert refuse(base | record, "postmark").reason == reason


def test_the_id_of_a_reply_is_the_messages_own_and_its_message_the_one_answered() -> None:
    for item in (REPLY, REPLY | {"RecordType": "Inbound"}):
        event = read(item, "postmark")
        assert event == TouchpointEvent(
            event_id="Inbound:22c74902-a0c1-4511-804f-341342852c90",
            kind=EventKind.REPLIED,
            occurred_at=AT_UTC,
            message_id=MESSAGE,
            recipient=JANE,
        )
    assert read(REPLY | {"MailboxHash": TOUCHPOINT}, "postmark").touchpoint_id == UUID(TOUCHPOINT)
    headers = [{"Name": "in-reply-to", "Value": " <17.4@mail.globex.com> "}, {"Name": "X"}, {"Value": "x"}, "x", None]
    assert read(REPLY | {"Headers": headers}, "postmark").message_id == "17.4@mail.globex.com"
    first = read(REPLY | {"Headers": [], "FromFull": None, "From": "Jane Doe <jane.doe@acme.com>"}, "postmark")
    assert (first.kind, first.message_id, first.recipient) == ("replied", None, JANE)


@pytest.mark.parametrize(
    ("received", "date", "day"),
    [
        (
            "from mail.acme.com by inbound.postmarkapp.com; Wed, 31 Dec 2025 12:00:00 -0500",
            "Fri, 2 Jan 2026 00:00:00 +0000",
            31,
        ),
        ("from mail.acme.com by inbound.postmarkapp.com ...", "Fri, 2 Jan 2026 00:00:00 +0000", 2),
        ("; Wed, 31 Dec 2025 12:00:00 +0000", "Sun, 1 Jan 2040 00:00:00 +0000", 31),
        ("by somebody; Sun, 1 Jan 2040 00:00:00 +0000", "Fri, 2 Jan 2026 00:00:00 +0000", 2),
    ],
)
def test_a_reply_came_when_the_provider_received_it(received: str, date: str, day: int) -> None:
    """The clock of whoever wrote it may be wrong."""
    hops = [{"Name": "Received", "Value": received}, {"Name": "Received", "Value": "; Mon, 5 Jan 2026 00:00:00 +0000"}]
    event = read(REPLY | {"Date": date, "Headers": hops}, "postmark")
    assert event.occurred_at.day == day


@pytest.mark.parametrize(
    "date", ["", "soon", "Thu, 1 Jan 2026 01:00:00 -0000", "Thu, 99 Jan 2026 01:00:00 +9999", None]
)
def test_a_reply_without_a_readable_time_is_refused(date: str | None) -> None:
    assert refuse(REPLY | {"Date": date}, "postmark").reason == "bad_time"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Auto-Submitted", "auto-replied"),
        ("auto-submitted", "auto-generated; owner=x"),
        ("X-Autoreply", "yes"),
        ("Precedence", "auto_reply"),
        ("Precedence", "Bulk"),
        ("Return-Path", "<>"),
    ],
)
def test_an_out_of_office_note_is_no_reply(name: str, value: str) -> None:
    headers = [*REPLY["Headers"][:2], {"Name": name, "Value": value}]
    assert refuse(REPLY | {"Headers": headers}, "postmark").reason == "automatic"


# ------------------------------------------------------------------------------------------------------------- plain
def test_a_plain_event() -> None:
    event = read(
        {
            "event_id": 17,
            "message_id": "<m1@globex.com>",
            "touchpoint_id": TOUCHPOINT.upper(),
            "kind": "failed",
            "occurred_at": AT + 0.5,
            "recipient": "Jane Doe <JANE.DOE@acme.com>",
            "reason": "quota",
            "more": {"is": "ignored"},
        }
    )
    assert event == TouchpointEvent(
        event_id="17",
        kind=EventKind.FAILED,
        occurred_at=AT_UTC + timedelta(seconds=0.5),
        message_id="m1@globex.com",
        touchpoint_id=UUID(TOUCHPOINT),
        recipient=JANE,
        reason="quota",
    )
    for kind in EventKind:
        assert read(PLAIN | {"kind": kind.value}).kind is kind


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (PLAIN | {"kind": "open"}, "no_kind"),
        (PLAIN | {"kind": None}, "no_kind"),
        (PLAIN | {"kind": {}}, "no_kind"),
        (PLAIN | {"message_id": None}, "no_message"),
        (PLAIN | {"message_id": "  "}, "no_message"),
        (PLAIN | {"message_id": "two words"}, "no_message"),
        (PLAIN | {"message_id": None, "recipient": JANE}, "no_message"),
        (PLAIN | {"message_id": None, "recipient": "user@example.com", "kind": "bounced"}, "no_message"),
        (PLAIN | {"touchpoint_id": "17"}, "bad_touchpoint_id"),
        (PLAIN | {"touchpoint_id": "00000000-0000-0000-0000-000000000000"}, "bad_touchpoint_id"),
        ("text", "not_an_object"),
        ([PLAIN], "not_an_object"),
        (None, "not_an_object"),
    ],
)
def test_plain_events_that_are_refused(item: Any, reason: str) -> None:
    assert refuse([item]).reason == reason
    assert refuse(json.dumps([item])).reason == reason
