"""Reads the Event Webhook of Twilio SendGrid: a list of flat objects.

https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from prospecting.parsing.webhook.records import EventKind, Reader, Refused, Report, not_supported
from prospecting.parsing.webhook.values import identifier, uuid_in

_KINDS = {
    "processed": EventKind.SENT,
    "deferred": EventKind.DEFERRED,
    "delivered": EventKind.DELIVERED,
    "open": EventKind.OPENED,
    "click": EventKind.CLICKED,
    "bounce": EventKind.BOUNCED,
    "dropped": EventKind.FAILED,
    "spamreport": EventKind.COMPLAINED,
    "unsubscribe": EventKind.UNSUBSCRIBED,
    "group_unsubscribe": EventKind.UNSUBSCRIBED,
}
_RESUBSCRIBED = "group_resubscribe"
_FOR_NOW = ("blocked", "expired")
"""Types of bounces that are no fault of the address: it stays usable."""
_NOT_ARRIVED = {EventKind.DEFERRED, EventKind.BOUNCED, EventKind.FAILED}
_CUSTOM = ("unique_args", "custom_args")
_OWN_HOST = "ismtpd"  # in "<XBg2anf2TqCy6WXKQFhieQ@geopod-ismtpd-3-1>"


def _read(item: Mapping[str, Any]) -> Report:
    name = item.get("event")
    if not isinstance(name, str):
        raise Refused("no_kind", "The event has no text under 'event', which says what happened.")
    if name == _RESUBSCRIBED:
        raise not_supported("To subscribe again is not supported: whoever asked for no mail is asked in person.")
    kind = _KINDS.get(name)
    if kind is None:
        raise not_supported()
    if kind is EventKind.OPENED and item.get("sg_machine_open") in (True, "true"):
        raise Refused("automatic", "A mail program loaded the pictures by itself; nobody opened the message.")
    if kind is EventKind.BOUNCED and item.get("type") in _FOR_NOW:
        kind = EventKind.DEFERRED
    return Report(
        kind=kind,
        times=(item.get("timestamp"),),
        event_id=identifier(item.get("sg_event_id")),
        message_id=_message_id(item),
        touchpoint_id=_touchpoint_id(item),
        recipient=item.get("email"),
        url=item.get("url") if kind is EventKind.CLICKED else None,
        reason=(item.get("reason") or item.get("response")) if kind in _NOT_ARRIVED else None,
    )


def _message_id(item: Mapping[str, Any]) -> str | None:
    """The ``X-Message-Id`` that sending returned; of a message sent by SMTP with an id of its own, that one."""
    found = identifier(item.get("sg_message_id"))
    if found and (sent := found.partition(".")[0]):
        return sent
    found = identifier(item.get("smtp-id"))
    local, _, host = (found or "").rpartition("@")
    if _OWN_HOST in host and (sent := local.partition(".")[0]):
        return sent
    return found


def _touchpoint_id(item: Mapping[str, Any]) -> UUID | None:
    # Custom arguments stand among the other fields; the documentation also lists them as one.
    nested = (item.get(name) for name in _CUSTOM)
    places = (item, *(arguments for arguments in nested if isinstance(arguments, Mapping)))
    return next((found for place in places if (found := uuid_in(place.get("touchpoint_id")))), None)


READER = Reader(
    fields=frozenset(
        {
            "asm_group_id", "attempt", "bounce_classification", "category", "custom_args", "email", "event", "ip",
            "reason", "response", "sg_event_id", "sg_machine_open", "sg_message_id", "smtp-id", "status", "timestamp",
            "tls", "touchpoint_id", "type", "unique_args", "url", "useragent",
        }
    ),
    name=lambda item: item.get("event"),
    read=_read,
)  # fmt: skip
