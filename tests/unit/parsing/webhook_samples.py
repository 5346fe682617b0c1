"""Reports of mail providers, made up after their documentation, and reading one of them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from prospecting.parsing.records import Parsed, Rejected
from prospecting.parsing.webhooks import (
    MAX_SIZE,
    TouchpointEvent,
    WebhookFormat,
    parse_touchpoint_events,
)

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOSTILE = MAX_SIZE // 4
TOUCHPOINT = "5f0c2d7e-7c4b-4a53-9a54-0f1f2b3c4d5e"
JANE = "jane.doe@acme.com"
AT = 1_767_225_600  # 2026-01-01, in Unix seconds
AT_UTC = datetime(2026, 1, 1, tzinfo=UTC)
MESSAGE = "883953f4-6105-42a2-a16a-77a8eac79483"

SENDGRID = {
    "email": "Jane.Doe@Acme.com",
    "timestamp": AT,
    "smtp-id": "<XBg2anf2TqCy6WXKQFhieQ@geopod-ismtpd-3-1>",
    "event": "delivered",
    "category": ["outreach"],
    "sg_event_id": "rWVYmVk90MjZJ9iohOBa3w",
    "sg_message_id": "XBg2anf2TqCy6WXKQFhieQ.recvd-5f54b5d587-pczjm-1-67BADEEA-6.0",
    "response": "250 OK",
}
POSTMARK = {
    "MessageID": MESSAGE,
    "MessageStream": "outbound",
    "ServerID": 23,
    "Tag": "outreach",
    "Metadata": {"touchpoint_id": TOUCHPOINT, "other": "value"},
}
OPEN = {"RecordType": "Open", "FirstOpen": True, "ReceivedAt": "2026-01-01T00:00:00.9070259Z", "Recipient": JANE}
BOUNCE = {
    "RecordType": "Bounce",
    "ID": 4_323_372_036_854_775_807,
    "Type": "HardBounce",
    "TypeCode": 1,
    "Name": "Hard bounce",
    "Description": "The server was unable to deliver your message (ex: unknown user, mailbox not found).",
    "Details": "smtp;550 5.1.1 The email account that you tried to reach does not exist.",
    "Email": JANE,
    "From": "sender@acme.com",
    "BouncedAt": "2025-12-31T19:00:00.0000000-05:00",
    "Inactive": True,
}
SUPPRESSED = {
    "RecordType": "SubscriptionChange",
    "ChangedAt": "2026-01-01T00:00:00Z",
    "Recipient": JANE,
    "Origin": "Recipient",
    "SuppressSending": True,
    "SuppressionReason": "ManualSuppression",
}
REPLY = {
    "From": "jane.doe@acme.com",
    "FromFull": {"Email": "Jane.Doe@acme.com", "Name": "Jane Doe", "MailboxHash": ""},
    "To": "replies@inbound.globex.com",
    "Subject": "Re: our talk",
    "MessageID": "22c74902-a0c1-4511-804f-341342852c90",
    "MessageStream": "inbound",
    "Date": "Thu, 1 Jan 2026 01:00:00 +0100 (CET)",
    "TextBody": "Call me on +1 555 0100",
    "Headers": [
        {"Name": "X-Spam-Status", "Value": "No"},
        {"Name": "In-Reply-To", "Value": f"<{MESSAGE}@mtasv.net>"},
        {"Name": "Auto-Submitted", "Value": "no"},
        {"Name": "Precedence", "Value": "first-class"},
    ],
    "Attachments": [],
}
PLAIN = {"kind": "opened", "occurred_at": "2026-01-01T00:00:00Z", "message_id": "m1"}


def parse(raw: object, format: WebhookFormat | str = "plain", *, now: datetime = NOW) -> Parsed[TouchpointEvent]:
    return parse_touchpoint_events(raw, format, now=now)


def read(item: dict[str, Any], format: str = "plain") -> TouchpointEvent:
    """The only event in the payload of one."""
    parsed = parse(json.dumps([item]), format)
    assert parsed.rejected == []
    (event,) = parsed.items
    assert parse([item], format).items == [event]
    return event


def refuse(raw: object, format: str = "plain") -> Rejected:
    """Why the payload, or the only event in it, is refused."""
    parsed = parse(raw, format)
    assert parsed.items == []
    (rejected,) = parsed.rejected
    assert rejected.detail.endswith(".")
    return rejected
