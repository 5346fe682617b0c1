"""Reads what mail providers report: delivered, opened, clicked, bounced, unsubscribed.

Webhooks are written by machines, so unlike answers of agents they are read strictly: JSON that is broken is refused,
not repaired, and a time that could be another one is not guessed. Whatever is refused is counted, without a word of it
that could be personal data.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from prospecting.parsing.emails import normalize_email
from prospecting.parsing.records import Parsed, Rejected
from prospecting.parsing.webhook import plain, postmark, sendgrid
from prospecting.parsing.webhook.payloads import MAX_DEPTH, MAX_EVENTS, MAX_SIZE, Ambiguous, events_in
from prospecting.parsing.webhook.records import (
    ABOUT_ADDRESS,
    EventKind,
    Reader,
    Refused,
    Report,
    TouchpointEvent,
    WebhookFormat,
)
from prospecting.parsing.webhook.values import fingerprint, read_link, read_reason, read_time

__all__ = [
    "ABOUT_ADDRESS",
    "MAX_DEPTH",
    "MAX_EVENTS",
    "MAX_SIZE",
    "EventKind",
    "TouchpointEvent",
    "WebhookFormat",
    "parse_touchpoint_events",
]

_READERS = {
    WebhookFormat.SENDGRID: sendgrid.READER,
    WebhookFormat.POSTMARK: postmark.READER,
    WebhookFormat.PLAIN: plain.READER,
}
# As programs name things: never an address, nor a sentence.
_NAME = re.compile(r"[A-Za-z][A-Za-z_]{0,39}(?: [A-Za-z_]{1,40})?")


def parse_touchpoint_events(raw: object, format: WebhookFormat | str, *, now: datetime) -> Parsed[TouchpointEvent]:
    """The events in a payload: bytes or text of JSON, or what was read from it already, a list or an object.

    ``sendgrid`` is a list of events, ``postmark`` one event or a list of them. ``plain`` is one object, a list, or JSON
    Lines, of objects with ``kind``, ``occurred_at`` (ISO 8601 with an offset, or Unix seconds), ``message_id`` or
    ``touchpoint_id``, and where known ``event_id``, ``recipient``, ``url``, ``reason``. ``now`` is the time of reading:
    events more than ten minutes later are refused, as those before the year 2000.

    Each event is one item or one rejection, in their order; the same event twice is two items with one ``event_id``.
    Never raises on content. Rejected as a whole: ``too_large``, ``too_many``, ``too_deep``, ``unparseable``,
    ``not_an_object``, ``unsupported``. Rejected events, whose ``raw`` has their number, kind and the names of fields
    alone: ``not_an_object``, ``unparseable`` and ``too_deep`` (a line), ``duplicate_key``, ``no_kind``, ``bad_time``,
    ``bad_touchpoint_id``, ``no_message`` (neither a message nor a touchpoint, and no address that it is about); and,
    being no errors, ``not_supported`` (nothing follows from this kind) and ``automatic`` (no person did it).

    Raises ``ValueError`` for an unknown ``format`` and for a ``now`` without a time zone.
    """
    reader = _READERS[_known_format(format)]
    if now.utcoffset() is None:
        raise ValueError("The time of reading needs a time zone; give datetime.now(UTC)")
    parsed: Parsed[TouchpointEvent] = Parsed()
    try:
        events = events_in(raw, lines=reader is plain.READER)
    except Refused as refused:
        parsed.rejected.append(Rejected(refused.reason, refused.detail))
        return parsed
    for number, item in enumerate(events, 1):
        try:
            parsed.items.append(_event(_report(item, reader), now))
        except Refused as refused:
            parsed.rejected.append(Rejected(refused.reason, refused.detail, _outline(number, item, reader)))
    return parsed


def _known_format(name: str) -> WebhookFormat:
    try:
        return WebhookFormat(name)
    except ValueError:
        raise ValueError(f"Unknown format of webhooks; allowed: {', '.join(WebhookFormat)}") from None


def _report(item: object, reader: Reader) -> Report:
    if isinstance(item, Refused):
        raise item
    if not isinstance(item, Mapping):
        raise Refused("not_an_object", "The event is a list or a bare value; an object is expected.")
    if isinstance(item, Ambiguous):
        raise Refused("duplicate_key", "The event gives a field twice, so nobody knows which one counts.")
    return reader.read(item)


def _event(report: Report, now: datetime) -> TouchpointEvent:
    occurred_at = read_time(report.times, now)
    recipient = normalize_email(report.recipient)
    is_known = report.message_id is not None or report.touchpoint_id is not None
    if not is_known and not (recipient and report.kind in ABOUT_ADDRESS):
        raise Refused(
            "no_message", "The event names neither a message nor a touchpoint, so nobody knows what it is about."
        )
    url = read_link(report.url)
    return TouchpointEvent(
        event_id=report.event_id
        or fingerprint(report.kind, occurred_at, report.message_id, report.touchpoint_id, url, recipient),
        kind=report.kind,
        occurred_at=occurred_at,
        message_id=report.message_id,
        touchpoint_id=report.touchpoint_id,
        recipient=recipient,
        url=url,
        reason=read_reason(report.reason, recipient),
    )


def _outline(number: int, item: object, reader: Reader) -> dict[str, Any]:
    """Which event it was, without a word of its contents."""
    if not isinstance(item, Mapping):
        return {"event": number}
    name = reader.name(item)
    return {
        "event": number,
        "kind": name if isinstance(name, str) and _NAME.fullmatch(name) else None,
        "fields": sorted(field for field in reader.fields if field in item),
        "other_fields": sum(1 for key in item if key not in reader.fields),
    }
