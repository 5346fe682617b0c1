"""How many events each keyword of an execution may bring: even shares, and what some leave unused goes to others."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from prospecting.parsing.records import EventRecord
from prospecting.persistence.events import event_key
from prospecting.services.signal_params import SignalParams


@dataclass(slots=True)
class Allotment:
    """One keyword's events beyond its own share: those ``kept`` as well, and those ``left`` out."""

    kept: list[EventRecord] = field(default_factory=list)
    left: list[EventRecord] = field(default_factory=list)


def pass_on_shares(fitting: Mapping[str, Sequence[EventRecord]], configuration: SignalParams) -> dict[str, Allotment]:
    """Decide about the events beyond each keyword's share: room that others leave is filled in turn.

    ``fitting`` has the events of each keyword in the order of its answer. An event that several keywords found takes up
    room once. The outcome follows from the answers alone, so that a task that runs twice decides the same.
    """
    keywords = [keyword for keyword in configuration.event_keywords if keyword in fitting]
    shares = {keyword: configuration.events_for(keyword) for keyword in keywords}
    known = {_identity(event) for keyword in keywords for event in fitting[keyword][: shares[keyword]]}
    room = configuration.limits.max_events - len(known)
    waiting = {keyword: deque(fitting[keyword][shares[keyword] :]) for keyword in keywords}
    allotted = {keyword: Allotment() for keyword in keywords}
    while any(waiting.values()):
        for keyword in keywords:
            if not waiting[keyword]:
                continue
            event = waiting[keyword].popleft()
            identity = _identity(event)
            if identity in known:
                allotted[keyword].kept.append(event)
            elif room > 0:
                allotted[keyword].kept.append(event)
                known.add(identity)
                room -= 1
            else:
                allotted[keyword].left.append(event)
    return allotted


def _identity(event: EventRecord) -> tuple[str, str | None]:
    return event_key(event.name), event.start.isoformat() if event.start else None
