"""Reads single values of reports: times, ids, links, reasons.

Links and reasons go to columns that outlive a contact, so e-mail addresses are taken out of them.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from uuid import UUID

from prospecting.parsing.emails import is_role_mailbox
from prospecting.parsing.fields import clean_text
from prospecting.parsing.invisible import visible
from prospecting.parsing.payload import as_text
from prospecting.parsing.urls import MAX_URL_LENGTH
from prospecting.parsing.webhook.records import EventKind, Refused

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
TOLERANCE = timedelta(minutes=10)
"""How far ahead of ours the clock of whoever reports may be."""
MAX_ID = 300
"""Characters of an id; a longer one is replaced by its SHA-256."""
MAX_REASON = 500
"""Characters kept of a reason."""

_MAX_READ = 8_000  # characters of a reason that are read
_MAX_LINK = 50_000
_MAX_TIME = 100
_SHORTEST_NAME = 3  # of a mailbox; shorter ones are words of any text
_REMOVED = "(address)"
_SECONDS = re.compile(r"\d{1,12}(?:\.\d{1,9})?", re.ASCII)
_UUID = re.compile(r"[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}", re.IGNORECASE | re.ASCII)
_LINK = re.compile(r"https?://\S+", re.IGNORECASE)
_AT = "(?:[@＠﹫]|%(?:25){0,3}40)"  # the last: in links, and in links within links
_SIGN = re.compile(_AT)
_LINK_PART = re.compile(r"[^/?&=#;,]++")
_ADDRESS_IN_LINK = re.compile(rf"[^@＠﹫]{_AT}.")
_QUOTED_LOCAL = re.compile(r'"[^"]{1,64}+"(?=@)')
_WORD = re.compile(r'[^\s<>",;()\[\]]++')


def read_time(candidates: Sequence[object], now: datetime) -> datetime:
    """The first usable time in UTC: ISO 8601 with an offset, Unix seconds, or a ``datetime`` with a zone.

    Raises ``Refused`` (``bad_time``) when there is none after ``EARLIEST`` and before ``now`` plus ``TOLERANCE``.
    """
    problem = "The event's time is missing, unreadable or without an offset"
    for candidate in candidates:
        found = _moment(candidate)
        if found is None:
            continue
        if found < EARLIEST:
            problem = f"The event's time is before {EARLIEST.year}"
        elif found > now + TOLERANCE:
            problem = f"The event's time is more than {TOLERANCE.seconds // 60} minutes in the future"
        else:
            return found
    raise Refused("bad_time", f"{problem}; give ISO 8601 with an offset, or Unix seconds.")


def _moment(value: object) -> datetime | None:
    if isinstance(value, str) and len(value) <= _MAX_TIME and _SECONDS.fullmatch(value):
        value = float(value)
    try:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC) if math.isfinite(value) else None
        if isinstance(value, str) and len(value) <= _MAX_TIME:
            value = datetime.fromisoformat(value.strip())
        if isinstance(value, datetime) and value.utcoffset() is not None:
            return value.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return None


def mail_date(value: object) -> datetime | None:
    """The time of a ``Date`` header, or behind the last semicolon of a ``Received`` header; ``None`` if unreadable."""
    if not isinstance(value, str):
        return None
    text = value.rpartition(";")[2].strip()
    if len(text) > _MAX_TIME:
        return None
    try:
        return parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None


def identifier(value: object) -> str | None:
    """An id as text without angle brackets; ``None`` for blank ones, those with blanks inside, and other types."""
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() <= 64:
        return str(value)
    if not isinstance(value, str) or len(value) > _MAX_LINK:
        return None
    text = visible(as_text(value)).strip()
    if text.startswith("<") and text.endswith(">"):
        text = text[1:-1].strip()
    if not text or any(map(str.isspace, text)):
        return None
    return text if len(text) <= MAX_ID else hashlib.sha256(text.encode()).hexdigest()


def uuid_in(value: object) -> UUID | None:
    """A UUID in its usual spelling; ``None`` for all zeros and anything else."""
    if isinstance(value, str) and len(value) <= _MAX_TIME and _UUID.fullmatch(value.strip()):
        value = UUID(value.strip())
    return value if isinstance(value, UUID) and value.int else None


def read_link(value: object) -> str | None:
    """A web address, with e-mail addresses in it replaced; one that is too long without its query."""
    if not isinstance(value, str) or len(value) > _MAX_LINK:
        return None
    text = visible(as_text(value)).strip()
    if not _LINK.fullmatch(text):
        return None
    if _SIGN.search(text):
        text = _LINK_PART.sub(lambda part: _REMOVED if _ADDRESS_IN_LINK.search(part[0]) else part[0], text)
    if len(text) > MAX_URL_LENGTH:
        text = re.split(r"[?#]", text, maxsplit=1)[0]
    return text if len(text) <= MAX_URL_LENGTH else None


def read_reason(value: object, recipient: str | None) -> str | None:
    """The beginning of a provider's text on one line, without e-mail addresses and the recipient's mailbox name."""
    if not isinstance(value, str):
        return None
    head = value[:_MAX_READ]
    if len(value) > _MAX_READ:
        head = head.rpartition(" ")[0]  # half an address does not look like one
    text = clean_text(head, _MAX_READ)
    if text is None:
        return None
    if _SIGN.search(text):
        text = _QUOTED_LOCAL.sub("x", text)
        text = _WORD.sub(lambda word: _REMOVED if _SIGN.search(word[0]) else word[0], text)
    mailbox = (recipient or "").rpartition("@")[0]
    if len(mailbox) >= _SHORTEST_NAME and not is_role_mailbox(recipient):
        text = re.sub(rf"(?<![\w.+-]){re.escape(mailbox)}(?![\w+-])", _REMOVED, text, flags=re.IGNORECASE)
    return text[:MAX_REASON].rstrip() or None


def fingerprint(
    kind: EventKind,
    occurred_at: datetime,
    message_id: str | None,
    touchpoint_id: UUID | None,
    url: str | None,
    recipient: str | None,
) -> str:
    """The id of a report whose provider gives none: the same for the same report.

    The recipient counts only where nothing else says which message it was: whoever knows the rest of a report could
    find out from the hash whose it is.
    """
    message = [message_id, None if touchpoint_id is None else str(touchpoint_id)]
    parts = [*(message if any(message) else [recipient]), kind.value, occurred_at.isoformat(), url]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
