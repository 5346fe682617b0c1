"""Reads the webhooks of Postmark: one object each, told apart by ``RecordType``.

https://postmarkapp.com/developer/webhooks/webhooks-overview
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from prospecting.parsing.webhook.records import EventKind, Reader, Refused, Report, not_supported
from prospecting.parsing.webhook.values import identifier, mail_date, uuid_in

_TIMES = {
    "Delivery": "DeliveredAt",
    "Open": "ReceivedAt",
    "Click": "ReceivedAt",
    "Bounce": "BouncedAt",
    "SpamComplaint": "BouncedAt",
    "SubscriptionChange": "ChangedAt",
}
_KINDS = {
    "Delivery": EventKind.DELIVERED,
    "Open": EventKind.OPENED,
    "Click": EventKind.CLICKED,
    "SpamComplaint": EventKind.COMPLAINED,
}
# A spam notification is the word of a filter, not of the recipient: the address stays usable. Left out on purpose:
# Subscribe, AutoResponder, AddressChange, ChallengeVerification, OpenRelayTest, InboundError.
_BOUNCES = {
    "HardBounce": EventKind.BOUNCED,
    "BadEmailAddress": EventKind.BOUNCED,
    "SoftBounce": EventKind.DEFERRED,
    "Transient": EventKind.DEFERRED,
    "DnsError": EventKind.DEFERRED,
    "Blocked": EventKind.DEFERRED,
    "SpamNotification": EventKind.DEFERRED,
    "Undeliverable": EventKind.DEFERRED,
    "Unknown": EventKind.DEFERRED,
    "DMARCPolicy": EventKind.FAILED,
    "ManuallyDeactivated": EventKind.FAILED,
    "SMTPApiError": EventKind.FAILED,
    "TemplateRenderingFailed": EventKind.FAILED,
    "Unconfirmed": EventKind.FAILED,
    "VirusNotification": EventKind.FAILED,
    "SpamComplaint": EventKind.COMPLAINED,
    "Unsubscribe": EventKind.UNSUBSCRIBED,
}
_SUPPRESSIONS = {
    "HardBounce": EventKind.BOUNCED,
    "SpamComplaint": EventKind.COMPLAINED,
    "ManualSuppression": EventKind.UNSUBSCRIBED,
}
_INBOUND = "Inbound"
_OWN_HOST = "mtasv.net"  # Postmark sends message 883953f4-… as "<883953f4-…@mtasv.net>"
_AUTOMATIC_REPLIES = {"x-autoreply", "x-autorespond", "x-autoresponder"}
_NO_PERSON = {"auto_reply", "auto-reply", "bulk", "junk"}


def _read(item: Mapping[str, Any]) -> Report:
    record = _record_type(item)
    if record is None:
        raise Refused("no_kind", "The event has no text under 'RecordType', which says what happened.")
    if record == _INBOUND:
        return _reply(item)
    kind = _kind(record, item)
    has_number = record in ("Bounce", "SpamComplaint")
    number = identifier(item.get("ID")) if has_number else None
    return Report(
        kind=kind,
        times=(item.get(_TIMES[record]),),
        event_id=f"{record}:{number}" if number else None,
        message_id=_message_id(item.get("MessageID")),
        touchpoint_id=uuid_in(_metadata(item).get("touchpoint_id")),
        recipient=item.get("Recipient") or item.get("Email"),
        url=item.get("OriginalLink") if kind is EventKind.CLICKED else None,
        reason=_reason(record, item),
    )


def _record_type(item: Mapping[str, Any]) -> str | None:
    record = item.get("RecordType")
    if isinstance(record, str):
        return record
    # A received message is the one webhook without a type.
    is_message = record is None and ("From" in item or "FromFull" in item) and "MessageID" in item
    return _INBOUND if is_message and isinstance(item.get("Headers"), list) else None


def _kind(record: str, item: Mapping[str, Any]) -> EventKind:
    name: object = record
    kinds = _KINDS
    if record == "Bounce":
        kinds, name = _BOUNCES, item.get("Type")
    elif record == "SubscriptionChange":
        if item.get("SuppressSending") is not True:
            raise not_supported("To subscribe again is not supported: whoever asked for no mail is asked in person.")
        kinds, name = _SUPPRESSIONS, item.get("SuppressionReason")
    kind = kinds.get(name) if isinstance(name, str) else None
    if kind is None:
        raise not_supported()
    return kind


def _reason(record: str, item: Mapping[str, Any]) -> str | None:
    if record == "SubscriptionChange":
        told = (item.get("SuppressionReason"), item.get("Origin"))
    elif record == "Bounce":
        told = (item.get("Type"), item.get("Details") or item.get("Description"))
    else:
        return None
    return ": ".join(text for text in told if isinstance(text, str) and text.strip())


def _metadata(item: Mapping[str, Any]) -> Mapping[str, Any]:
    metadata = item.get("Metadata")
    return metadata if isinstance(metadata, Mapping) else {}


def _message_id(value: object) -> str | None:
    found = identifier(value)
    return None if found is None or not found.strip("0-") else found


# ------------------------------------------------------------------------------------------------- received messages
def _reply(item: Mapping[str, Any]) -> Report:
    headers = list(_headers(item))
    if any(_is_automatic(name, value) for name, value in headers):
        raise Refused("automatic", "A program wrote the message, an out-of-office note or a report; nobody replied.")
    answered = next((identifier(value) for name, value in headers if name == "in-reply-to"), None)
    if answered and answered.lower().endswith(f"@{_OWN_HOST}"):
        answered = answered.rpartition("@")[0]
    own = _message_id(item.get("MessageID"))
    sender = item.get("FromFull")
    # The sender's clock may be wrong; the first server in the list is Postmark's.
    received = next((value for name, value in headers if name == "received"), None)
    return Report(
        kind=EventKind.REPLIED,
        times=(mail_date(received), mail_date(item.get("Date"))),
        event_id=f"{_INBOUND}:{own}" if own else None,
        message_id=answered,
        touchpoint_id=uuid_in(item.get("MailboxHash")),  # of a Reply-To "replies+<touchpoint>@…"
        recipient=(sender.get("Email") if isinstance(sender, Mapping) else None) or item.get("From"),
    )


def _headers(item: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    headers = item.get("Headers")
    for header in headers if isinstance(headers, list) else ():
        if isinstance(header, Mapping):
            name, value = header.get("Name"), header.get("Value")
            if isinstance(name, str) and isinstance(value, str):
                yield name.strip().lower(), value


def _is_automatic(name: str, value: str) -> bool:
    """True for the headers by which programs say that they wrote a message (RFC 3834)."""
    if name == "auto-submitted":
        return value.partition(";")[0].strip().lower() not in ("", "no")
    if name == "return-path":
        return value.strip() == "<>"
    return name in _AUTOMATIC_REPLIES or (name == "precedence" and value.strip().lower() in _NO_PERSON)


def _name(item: Mapping[str, Any]) -> object:
    record = _record_type(item)
    detail = item.get("Type") if record == "Bounce" else item.get("SuppressionReason")
    return f"{record} {detail}" if record in ("Bounce", "SubscriptionChange") and isinstance(detail, str) else record


READER = Reader(
    fields=frozenset(
        {
            "BouncedAt", "ChangedAt", "Date", "DeliveredAt", "Description", "Details", "Email", "FirstOpen", "From",
            "FromFull", "Headers", "ID", "MailboxHash", "MessageID", "MessageStream", "Metadata", "Origin",
            "OriginalLink", "ReceivedAt", "Recipient", "RecordType", "SuppressSending", "SuppressionReason", "Type",
            "TypeCode",
        }
    ),
    name=_name,
    read=_read,
)  # fmt: skip
