"""Events of mail providers: each kept once, and applied to the touchpoint it is about, however late and often it comes.

Providers deliver events late, twice and in any order. So an event is kept under the provider's id for it; times only
move back to the earliest that was told; and an event whose message is not known yet waits until it is.

Whoever can send events can make them up. An event touches a touchpoint only if that was sent by the same provider and,
where the event names a recipient, to that one. Others are refused: all that is kept is a row in ``rejected_records``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from sqlalchemy import Connection, Row

from prospecting.parsing.emails import normalize_email
from prospecting.parsing.webhooks import EventKind, TouchpointEvent
from prospecting.persistence.database import clean_text, to_json
from prospecting.persistence.rejected_records import RejectedRow, record_rejected
from prospecting.persistence.statements import statement
from prospecting.persistence.suppressions import Suppression, suppress_addresses

MAX_PROVIDER = 100
"""Characters of a provider's name."""

RECORD_TYPE = "touchpoint_event"
"""How events are called in ``rejected_records``."""

_APPLIED_AT_ONCE = 1_000
_NEWEST = 2_000
"""Waiting events that every batch looks at again; mostly the touchpoint comes a moment later, or never."""
_REASONS = {
    EventKind.BOUNCED: "bounced",
    EventKind.UNSUBSCRIBED: "unsubscribed",
    EventKind.COMPLAINED: "complained",
}
"""Why an address is suppressed after an event of this kind."""
_UNWANTED = {EventKind.UNSUBSCRIBED, EventKind.COMPLAINED}
_REFUSALS = {
    "other_provider": "The touchpoint it names was sent by another provider; see which source the events are from",
    "not_sent": "It is about a message that was received; only those that were sent have events",
    "other_recipient": "Its recipient has never been an address of the contact that the message went to",
    "no_message": "A reply that names no message could answer any of ours; give message_id or touchpoint_id",
}


@dataclass(frozen=True, slots=True)
class SavedEvents:
    """What became of events. Each that was given is ``new``, ``known`` or ``refused``; one given twice is known.

    ``applied``: how many found their touchpoint or, being about an address alone, that; also those that had waited.
    ``waiting``: how many of those given go on waiting for their message.
    """

    new: int = 0
    known: int = 0
    applied: int = 0
    waiting: int = 0
    refused: int = 0

    def __add__(self, other: SavedEvents) -> SavedEvents:
        return SavedEvents(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))

    def as_dict(self) -> dict[str, int]:
        """As JSON."""
        return asdict(self)


def save_touchpoint_events(
    connection: Connection, provider: str, events: Iterable[TouchpointEvent], *, source: str | None = None
) -> SavedEvents:
    """Keep the events of a batch that are new, and apply those whose message is known; also what waited lately for one.

    ``provider`` is the source the batch really came from, by the name that touchpoints have for it; never what the
    batch says of itself. ``source`` is noted with events that are refused; default: the provider.

    A bounce, a complaint and an unsubscription suppress their recipient, or without one the contact's address; who does
    not want mail gets none at their present address either. That does not wait for the message: mail goes out in more
    ways than are recorded here, and what somebody made up costs no more than mail that is not sent.

    Saving the same again writes nothing. At most one batch per transaction; some thousand events are a batch. Raises
    ``ValueError`` for a provider without a name.
    """
    provider, given = _checked_provider(provider), list(events)
    batch = {clean_text(event.event_id): event for event in reversed(given)}
    unusable = sorted(event_id for event_id, event in batch.items() if _is_about_nothing(event))
    rows = {event_id: _row(event) for event_id, event in batch.items() if event_id not in unusable}
    values = {"provider": provider, "rows": to_json(list(rows.values()))}
    new = set(connection.execute(statement("touchpoint_events/save_events"), values).scalars())
    own = _waiting(connection, provider, list(rows))
    told = {event_id: row["recipient"] for event_id, row in rows.items() if event_id in new and row["recipient"]}
    about_address = {event_id: email for event_id, email in told.items() if batch[event_id].kind in _REASONS}

    outcome = _apply(connection, sorted({*own, *_applicable(connection, newest=_NEWEST)}), list(about_address.values()))

    refused = {row.provider_event_id for row in outcome.refused if row.id in own}
    suppressions = [
        Suppression("email", email, _REASONS[batch[event_id].kind], provider)
        for event_id, email in about_address.items()
        if event_id not in refused
    ]
    suppress_addresses(connection, suppressions + outcome.suppressions)
    rejected = [_rejection(provider, event_id, batch[event_id].kind, "no_message", source) for event_id in unusable]
    record_rejected(connection, None, rejected + outcome.rejections(source))
    without_message = sum(
        rows[event_id]["message_id"] is None and rows[event_id]["touchpoint_id"] is None for event_id in new
    )
    is_new, is_refused = len(new - refused), len(refused) + len(unusable)
    return SavedEvents(
        new=is_new,
        known=len(given) - is_new - is_refused,
        applied=len(outcome.applied) + without_message,
        waiting=len(own.difference(outcome.applied)) - len(refused),
        refused=is_refused,
    )


def apply_waiting_events(connection: Connection, *, limit: int = _APPLIED_AT_ONCE) -> SavedEvents:
    """Apply up to ``limit`` events whose touchpoint has come since; how many were ``applied``, how many ``refused``.

    None of both means that none is left. For the nightly refresh, chunk by chunk; a batch looks at the newest alone.
    """
    outcome = _apply(connection, _applicable(connection, limit=limit), [])
    suppress_addresses(connection, outcome.suppressions)
    record_rejected(connection, None, outcome.rejections(None))
    return SavedEvents(applied=len(outcome.applied), refused=len(outcome.refused))


# ----------------------------------------------------------------------------------------------------------- applying
@dataclass(frozen=True, slots=True)
class _Outcome:
    """Ids of the events that were applied, rows of those that were refused, and the addresses that follow."""

    applied: Sequence[int]
    refused: Sequence[Row[Any]]
    suppressions: list[Suppression]

    def rejections(self, source: str | None) -> list[RejectedRow]:
        return [_rejection(row.provider, row.provider_event_id, row.kind, row.refusal, source) for row in self.refused]


def _apply(connection: Connection, ids: Sequence[int], emails: Sequence[str]) -> _Outcome:
    """Apply the events with these ids that have a touchpoint, and drop those that must not touch it.

    Contacts with one of ``emails`` are locked together with those of the touchpoints.
    """
    matched = connection.execute(statement("touchpoint_events/match_events"), {"ids": list(ids)}).all()
    for name, values in (
        ("lock_contacts", {"ids": _column(matched, "contact_id"), "emails": list(emails)}),
        ("lock_conversations", {"ids": _column(matched, "conversation_id")}),
        ("lock_touchpoints", {"ids": _column(matched, "touchpoint_id")}),
    ):
        connection.execute(statement(f"touchpoint_events/{name}"), values)
    # Judged again under the locks: somebody may have applied the same events meanwhile, or deleted a touchpoint.
    judged = connection.execute(statement("touchpoint_events/judge_events"), _pairs(matched)).all()
    accepted = [row for row in judged if row.refusal is None]
    refused = [row for row in judged if row.refusal is not None]
    pairs = _pairs(accepted)
    if accepted:
        connection.execute(statement("touchpoint_events/mark_applied"), pairs)
        connection.execute(statement("touchpoint_events/update_touchpoints"), {"event_ids": pairs["event_ids"]})
    if refused:
        connection.execute(statement("touchpoint_events/forget_events"), {"ids": [row.id for row in refused]})
    suppressions = [
        Suppression("email", row.email, _REASONS[EventKind(row.kind)], row.provider)
        for row in accepted
        if row.kind in _REASONS
        and (row.kind in _UNWANTED or not row.names_recipient)
        and normalize_email(row.email) is not None
    ]
    return _Outcome(pairs["event_ids"], refused, suppressions)


def _waiting(connection: Connection, provider: str, event_ids: Sequence[str]) -> set[int]:
    """Ids of the events of a batch that are not applied yet."""
    values = {"provider": provider, "event_ids": event_ids}
    return set(connection.execute(statement("touchpoint_events/waiting_of_batch"), values).scalars())


def _applicable(connection: Connection, *, newest: int | None = None, limit: int = _APPLIED_AT_ONCE) -> Sequence[int]:
    """Ids of events that waited for a touchpoint that is there now; with ``newest``, of so many that wait."""
    values = {"newest": newest, "limit": limit}
    return connection.execute(statement("touchpoint_events/find_applicable"), values).scalars().all()


def _column(rows: Sequence[Row[Any]], name: str) -> list[Any]:
    return list({getattr(row, name): None for row in rows})


def _pairs(rows: Sequence[Row[Any]]) -> dict[str, list[Any]]:
    return {"event_ids": [row.id for row in rows], "touchpoint_ids": [row.touchpoint_id for row in rows]}


# ------------------------------------------------------------------------------------------------------------- events
def _checked_provider(provider: str) -> str:
    provider = clean_text(provider).strip()
    if not 0 < len(provider) <= MAX_PROVIDER:
        raise ValueError(f"Which provider are the events from? Give its name, of at most {MAX_PROVIDER} characters")
    return provider


def _is_about_nothing(event: TouchpointEvent) -> bool:
    """True for an event that names neither message nor touchpoint, unless it says something of an address."""
    if event.message_id is not None or event.touchpoint_id is not None:
        return False
    return event.kind not in _REASONS or normalize_email(event.recipient) is None


def _row(event: TouchpointEvent) -> dict[str, Any]:
    row = event.model_dump(mode="json") | {"recipient": normalize_email(event.recipient)}
    return {name: clean_text(value) if isinstance(value, str) else value for name, value in row.items()}


def _rejection(provider: str, event_id: str, kind: str, reason: str, source: str | None) -> RejectedRow:
    raw = {"event_id": event_id, "kind": str(kind)}
    return RejectedRow("save", RECORD_TYPE, reason, _REFUSALS[reason], raw, source or provider)
