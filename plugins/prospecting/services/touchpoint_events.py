"""Records what mail providers sent: read a payload, save its events chunk by chunk, keep what cannot be used.

A chunk is one transaction, and an event that was saved is known when it comes again: whatever ends the work, doing all
of it again completes it.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection

from prospecting.parsing.records import Rejected
from prospecting.parsing.webhooks import TouchpointEvent, WebhookFormat, parse_touchpoint_events
from prospecting.persistence import touchpoint_events
from prospecting.persistence.rejected_records import RejectedRow, record_rejected
from prospecting.persistence.touchpoint_events import RECORD_TYPE, SavedEvents
from prospecting.services.interruption import Interrupted
from prospecting.services.rejections import abridged
from prospecting.services.runtime import Runtime

log = logging.getLogger(__name__)

_PAYLOAD = "touchpoint_events"
"""How payloads are called in ``rejected_records``."""
_IGNORED = frozenset({"not_supported", "automatic"})
"""Reasons for which events are left out that are no errors: nothing follows from them."""
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Recorded:
    """The outcome of payloads and their events, in numbers.

    ``files`` were looked at, ``unreadable`` of them not one event was read from. Of ``events``, ``rejected`` could not
    be read, nothing follows from ``ignored`` ones, and the others are ``new``, ``known`` or ``refused``; ``applied``
    and ``waiting`` as in ``SavedEvents``.
    """

    files: int = 0
    unreadable: int = 0
    events: int = 0
    new: int = 0
    known: int = 0
    applied: int = 0
    waiting: int = 0
    refused: int = 0
    rejected: int = 0
    ignored: int = 0

    def __add__(self, other: Recorded) -> Recorded:
        return Recorded(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))

    def as_dict(self) -> dict[str, int]:
        """As JSON."""
        return asdict(self)

    @classmethod
    def total(cls, counts: Iterable[Mapping[str, int]]) -> Recorded:
        """The sum of results as JSON."""
        return sum((cls(**one) for one in counts), cls())

    @property
    def error_share(self) -> float:
        """The share of events that something should follow from and that could not be used, 0 to 1."""
        usable = self.events - self.ignored
        return (self.rejected + self.refused) / usable if usable else 0.0

    def lines(self) -> list[str]:
        """For people."""
        return [
            f"{self.files} files, {self.unreadable} of them unreadable",
            f"{self.events} events: {self.new} new, {self.known} known, {self.refused} refused, {self.rejected} "
            f"unusable, {self.ignored} from which nothing follows",
            f"{self.applied} applied, {self.waiting} wait for their message",
        ]


class UnreadablePayload(ValueError):
    """Of a payload nothing can be read, and nothing was written. The text has nothing of its contents."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class EventFile:
    """A payload in a file; ``read`` raises ``UnreadablePayload``."""

    name: str
    read: Callable[[], bytes]


def record_payload(
    runtime: Runtime,
    raw: object,
    *,
    provider: str,
    format: WebhookFormat | str,
    source: str | None = None,
    chunk_size: int = 1_000,
    proceed: Callable[[], None] = lambda: None,
) -> Recorded:
    """Save the events of one payload, as the provider sent it (``parse_touchpoint_events``).

    ``provider`` is the source it really came from; ``source`` is noted with what cannot be used, default: the provider.
    ``proceed`` is called before each chunk, and may raise. Raises ``UnreadablePayload``, and ``ValueError`` for an
    unknown format.
    """
    parsed = parse_touchpoint_events(raw, format, now=datetime.now(UTC))
    whole = next((one for one in parsed.rejected if _is_whole(one)), None)
    if whole is not None:
        raise UnreadablePayload(whole.reason, whole.detail)
    errors = [one for one in parsed.rejected if one.reason not in _IGNORED]
    ignored = [one for one in parsed.rejected if one.reason in _IGNORED]
    source = source or provider
    if parsed.rejected:
        rows = _rejections(errors, ignored, source)
        runtime.write(lambda connection: record_rejected(connection, None, rows))
    saved = SavedEvents()
    for start in range(0, len(parsed.items), chunk_size):
        proceed()
        chunk = parsed.items[start : start + chunk_size]
        saved += runtime.write(partial(_save, provider=provider, events=chunk, source=source))
    return Recorded(
        files=1,
        events=len(parsed.items) + len(parsed.rejected),
        rejected=len(errors),
        ignored=len(ignored),
        **saved.as_dict(),
    )


def _save(connection: Connection, *, provider: str, events: Sequence[TouchpointEvent], source: str) -> SavedEvents:
    return touchpoint_events.save_touchpoint_events(connection, provider, events, source=source)


def _is_whole(rejected: Rejected) -> bool:
    """True when the payload was rejected and not an event of it."""
    return not (isinstance(rejected.raw, Mapping) and "event" in rejected.raw)


def _rejections(errors: Sequence[Rejected], ignored: Sequence[Rejected], source: str) -> list[RejectedRow]:
    """Rejected events one by one, and how many there were of those from which nothing follows."""
    rows = abridged([RejectedRow.from_parse(one, RECORD_TYPE, source) for one in errors])
    kinds: Counter[tuple[str, str, Any]] = Counter((one.reason, one.detail, one.raw["kind"]) for one in ignored)
    return rows + [
        RejectedRow("filter", RECORD_TYPE, reason, detail, {"kind": kind, "count": count}, source)
        for (reason, detail, kind), count in kinds.items()
    ]


class EventRecording:
    """Records files one after the other; one that cannot be read costs only itself."""

    def __init__(self, runtime: Runtime, *, provider: str, format: WebhookFormat | str, chunk_size: int) -> None:
        self._runtime = runtime
        self._provider = provider
        self._format = format
        self._chunk_size = chunk_size
        self._is_stopped = False
        self.problems: list[str] = []
        """Why files could not be read, a sentence each; only the first few."""

    def record(self, found: Iterable[EventFile]) -> Recorded:
        """Record the files. Raises ``Interrupted`` between two chunks once ``stop`` was called."""
        total = Recorded()
        for file in found:
            self._proceed()
            recorded = self._record(file)
            log.info("%s: %s", file.name, recorded.as_dict())
            total += recorded
        return total

    def stop(self) -> None:
        """End after the chunk at hand; what is saved stays. Safe in a signal handler."""
        self._is_stopped = True

    def _proceed(self) -> None:
        if self._is_stopped:
            raise Interrupted("The task was killed. What it had saved is known when the files are recorded again")

    def _record(self, file: EventFile) -> Recorded:
        source = f"{self._provider}: {file.name}"
        try:
            return record_payload(
                self._runtime,
                file.read(),
                provider=self._provider,
                format=self._format,
                source=source,
                chunk_size=self._chunk_size,
                proceed=self._proceed,
            )
        except UnreadablePayload as error:
            row = RejectedRow("parse", _PAYLOAD, error.reason, str(error), None, source)
        problem = f"{file.name}: {row.detail}"
        log.warning("%s", problem)
        if len(self.problems) < _SHOWN:
            self.problems.append(problem)
        self._runtime.write(lambda connection: record_rejected(connection, None, [row]))
        return Recorded(files=1, unreadable=1)
