"""Reports of mail providers about messages, whoever the provider is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field


class WebhookFormat(StrEnum):
    """Whose format a payload has; ``plain`` is our own, for any other source."""

    SENDGRID = "sendgrid"
    POSTMARK = "postmark"
    PLAIN = "plain"


class EventKind(StrEnum):
    """The ways in which a message may fare.

    ``bounced`` is for good: the address is wrong. ``deferred`` is for now, or for a reason that is not the address: a
    full mailbox, a spam filter. ``failed``: the provider did not try. ``complained``: the recipient called it spam.
    """

    SENT = "sent"
    DELIVERED = "delivered"
    DEFERRED = "deferred"
    OPENED = "opened"
    CLICKED = "clicked"
    REPLIED = "replied"
    BOUNCED = "bounced"
    FAILED = "failed"
    UNSUBSCRIBED = "unsubscribed"
    COMPLAINED = "complained"


ABOUT_ADDRESS = frozenset({EventKind.BOUNCED, EventKind.UNSUBSCRIBED, EventKind.COMPLAINED, EventKind.REPLIED})
"""Kinds that say something about a contact even when nobody knows which message it was."""


class TouchpointEvent(BaseModel):
    """One report about one message.

    ``event_id`` is the provider's own, else a SHA-256 of message, touchpoint, kind, time and URL: the same report has
    the same one however often it comes. ``message_id`` is the id that sending returned, ``touchpoint_id`` ours, where
    the sender gave it along. Both are ``None`` only for kinds in ``ABOUT_ADDRESS``, and then ``recipient`` is known.

    ``recipient`` is the contact's address, normalised: whom the message went to, of a reply who wrote it.
    ``occurred_at`` is UTC. ``url`` is the link that was clicked. ``reason`` is why a message did not arrive, or why
    mail is no longer wanted, in the provider's words. Neither holds an e-mail address.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    event_id: str
    kind: EventKind
    occurred_at: AwareDatetime
    message_id: str | None = None
    touchpoint_id: UUID | None = None
    recipient: str | None = Field(default=None, repr=False)
    url: str | None = Field(default=None, repr=False)
    reason: str | None = Field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Report:
    """The fields of a report, found but not yet read. Of ``times`` the first usable one counts."""

    kind: EventKind
    times: tuple[object, ...]
    message_id: str | None
    touchpoint_id: UUID | None
    recipient: object
    event_id: str | None = None
    url: object = None
    reason: object = None


class Refused(Exception):
    """Something cannot be used: ``reason`` and ``detail`` as in ``Rejected``."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Reader:
    """How reports of one format are read.

    ``fields`` are those the format has. ``name`` gives the format's own name for a kind of report, ``read`` the
    report; it raises ``Refused``.
    """

    fields: frozenset[str]
    name: Callable[[Mapping[str, Any]], object]
    read: Callable[[Mapping[str, Any]], Report]


def not_supported(detail: str = "Nothing follows from events of this kind: they are not supported.") -> Refused:
    """The refusal of a report that is fine, but of a kind from which nothing follows."""
    return Refused("not_supported", detail)
